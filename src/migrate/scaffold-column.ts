/**
 * Accepts or refuses a column of a new table. Takes what `--column` says and the owner's connection, returns
 * what scaffold.ts needs. Throws an OperatorError for a name, type or default that cannot be used. Changes nothing.
 */
import { randomUUID } from 'node:crypto';
import type { ClientBase } from 'pg';
import { OperatorError } from '../errors.ts';
import { checkWord } from './scaffold-check.ts';
import type { NewColumn } from './scaffold-names.ts';

/** Made by the scaffold itself. */
const OWN_COLUMNS = ['id', 'user_id', 'created_at', 'updated_at'];

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
