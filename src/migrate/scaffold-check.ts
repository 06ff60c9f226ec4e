/**
 * Accepts or refuses a new table and what it refers to. Takes the names of the command line and the owner's
 * connection, returns what scaffold.ts needs. Throws an OperatorError for a name that cannot be used. Changes
 * nothing.
 */
import type { ClientBase } from 'pg';
import { OperatorError } from '../errors.ts';
import type { Parent } from './scaffold-names.ts';

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

const KEYWORDS = `select word from pg_catalog.pg_get_keywords() where catcode in ('R', 'T') and word = $1`;

export async function checkWord(client: ClientBase, what: string, name: string): Promise<void> {
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
