/**
 * Accepts or refuses a new table. Takes the names of the command line and the owner's connection, returns
 * what scaffold.ts needs. Throws an OperatorError for a name or a type that cannot be used. Changes nothing.
 */
import { randomUUID } from 'node:crypto';
import type { ClientBase } from 'pg';
import { OperatorError } from '../errors.ts';
import type { NewColumn, Parent } from './scaffold.ts';

/** Made by the scaffold itself. */
const OWN_COLUMNS = ['id', 'user_id', 'created_at', 'updated_at'];

/** Types of the API that are no tables, in the form of a table's name, and root fields. */
const API_NAMES = [
  ...[
    'query',
    'mutation',
    'subscription',
    'page_info',
    'cursor',
    'datetime',
    'date',
    'time',
    'json',
  ],
  ...['int', 'float', 'string', 'boolean', 'id', 'uuid', 'big_int', 'big_float', 'interval', 'me'],
];

/** PostgreSQL cuts names at 63 bytes; constraints and indexes add to the table's name. */
const MAX_NAME = 40;

function checkName(what: string, name: string): void {
  if (!/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(name) || name.length > MAX_NAME) {
    throw new OperatorError(
      `${JSON.stringify(name)} cannot be the name of a ${what}.`,
      `use at most ${MAX_NAME} lower-case letters, digits and single underscores, beginning with a letter: due_date.`,
    );
  }
}

/** `name numeric(10, 2) not null default 0` in its parts. */
export function parseColumn(text: string): { name: string; type: string; rest: string } {
  const [, name, type = '', rest = ''] =
    /^\s*(\S+)\s+(.+?)(?:\s+((?:not\s+null|null|default|unique|check|references|primary)\b.*))?$/i.exec(
      text,
    ) ?? [];
  if (!name || !type)
    throw new OperatorError(
      `--column ${JSON.stringify(text)} is not a name and a type.`,
      "write it as in SQL: --column 'name text not null'.",
    );
  if (/^(null|not|default|unique|check|references|primary)\b/i.test(type))
    throw new OperatorError(
      `The column ${name} has no type.`,
      `write one after the name: --column '${name} text not null'.`,
    );
  if (/\b(unique|check|references|primary)\b/i.test(rest))
    throw new OperatorError(
      `The column ${name} has a constraint, and constraints have names here.`,
      `leave it out (--column '${name} ${type}') and add it to migrations/current.sql by hand.`,
    );
  return { name, type: type.trim(), rest: rest.trim() };
}

const KEYWORDS = `select word from pg_catalog.pg_get_keywords() where catcode in ('R', 'T') and word = $1`;

async function checkWord(client: ClientBase, what: string, name: string): Promise<void> {
  checkName(what, name);
  const { rowCount } = await client.query(KEYWORDS, [name]);
  if (rowCount)
    throw new OperatorError(
      `${name} is a reserved word of SQL, so it cannot be the name of a ${what}.`,
      `choose another name, for example ${name === 'order' ? 'sort_order' : `${what}_${name}`}.`,
    );
}

export async function checkTable(client: ClientBase, name: string): Promise<void> {
  await checkWord(client, 'table', name);
  if (API_NAMES.includes(name))
    throw new OperatorError(
      `The API has a type or field of the name ${name} already.`,
      'choose another name for the table.',
    );
  const { rows } = await client.query<{ exists: boolean }>(
    "select to_regclass(format('public.%I', $1::text)) is not null as exists",
    [name],
  );
  if (rows[0]?.exists)
    throw new OperatorError(
      `There is already a table or view ${name}.`,
      `choose another name, or change it in migrations/current.sql: alter table public.${name} add column …`,
    );
}

export async function checkColumn(
  client: ClientBase,
  column: { name: string; type: string; rest: string },
  taken: readonly string[],
): Promise<NewColumn> {
  const { name, type } = column;
  await checkWord(client, 'column', name);
  if (OWN_COLUMNS.includes(name))
    throw new OperatorError(
      `Every new table has the column ${name} already.`,
      `leave out --column '${name} …'.`,
    );
  if (taken.includes(name))
    throw new OperatorError(`The column ${name} is given twice.`, 'leave out one of the two.');
  const kind = await checkType(client, name, type);
  await checkDefinition(client, column);
  return { ...column, ...kind };
}

/** The type is looked up, never run as SQL. */
async function checkType(
  client: ClientBase,
  column: string,
  type: string,
): Promise<Pick<NewColumn, 'isText' | 'typeName'>> {
  const usual = 'text, integer, boolean, date, timestamptz, numeric, uuid and jsonb are usual.';
  if (/^(small|big)?serial\d*$/i.test(type))
    throw new OperatorError(
      `The column ${column} is ${type}, and sequences cannot be granted to people.`,
      'use integer. Every table has an id that counts.',
    );
  const base = type.replace(/\s*\([\d\s,]*\)/, '');
  const { rows } = await client
    .query<{ kind: string; text: boolean; name: string }>(
      `select t.typtype::text as kind, format_type(t.oid, null) as name, t.oid in ('text'::regtype, 'varchar'::regtype) as text
       from pg_catalog.pg_type as t where t.oid = to_regtype($1)`,
      [base],
    )
    // Text that is no type at all is a syntax error there.
    .catch(() => ({ rows: [] }));
  const [found] = rows;
  if (!found)
    throw new OperatorError(
      `There is no type ${type} for the column ${column}.`,
      `choose one: ${usual}`,
    );
  if (found.kind === 'p')
    throw new OperatorError(
      `${type} is a pseudo-type, so the column ${column} cannot have it.`,
      `choose another: ${usual}`,
    );
  return { isText: found.text && base === type, typeName: found.name };
}

/** PostgreSQL judges the rest: lengths and defaults. Nothing is kept; one statement is all it takes. */
async function checkDefinition(
  client: ClientBase,
  { name, type, rest }: { name: string; type: string; rest: string },
): Promise<void> {
  await client.query('begin');
  try {
    // A prepared statement cannot hold a second one.
    const text = `create temporary table scaffold (${name} ${type} ${rest})`;
    await client.query({ name: randomUUID(), text });
  } catch (cause) {
    throw new OperatorError(
      `The column ${name} cannot be made as "${`${type} ${rest}`.trim()}": ${(cause as Error).message}.`,
      "write it as in SQL: --column 'name text not null'.",
      { cause },
    );
  } finally {
    await client.query('rollback');
  }
}

/** An owned table with an id. Its owner column is user_id, or what its comment says after @owner. */
export async function checkParent(client: ClientBase, name: string): Promise<Parent> {
  checkName('table', name);
  if (name === 'user')
    throw new OperatorError(
      'Every row belongs to a person already: the column user_id refers to "user".',
      'leave out --refers-to user.',
    );
  const { rows } = await client.query<{ owner: string | null; keyed: boolean }>(
    `select a.attname as owner, exists (
        select from pg_catalog.pg_constraint as k
        where k.conrelid = c.oid and k.contype in ('u', 'p') and k.conkey = array[a.attnum, i.attnum]
      ) as keyed
     from (select to_regclass(format('public.%I', $1::text)) as oid) as c
     left join pg_catalog.pg_attribute as i
       on i.attrelid = c.oid and i.attname = 'id' and i.atttypid = 'integer'::regtype
     left join pg_catalog.pg_attribute as a on a.attrelid = c.oid and i.attnum is not null
       and a.attname = coalesce(substring(obj_description(c.oid, 'pg_class') from '(?n)^@owner (\\S+)'), 'user_id')
     where c.oid is not null`,
    [name],
  );
  const [found] = rows;
  if (!found)
    throw new OperatorError(
      `There is no table ${name} to refer to.`,
      'make it first, or leave out --refers-to.',
    );
  if (!found.owner)
    throw new OperatorError(
      `${name} has no owner column or no integer id, so a key that keeps owners apart cannot refer to it.`,
      'leave out --refers-to and write the foreign key into migrations/current.sql by hand.',
    );
  return { name, owner: found.owner, isKeyed: found.keyed };
}
