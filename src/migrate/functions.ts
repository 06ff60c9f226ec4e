/**
 * Checks the bodies of functions after current.sql ran. Takes the owner's connection and the SQL, throws an
 * OperatorError that names the function and its line. Changes nothing.
 *
 * PostgreSQL would check a body when the function is created, but under row_security = off, and then it
 * refuses every query of a table with row level security. So current.sql runs with check_function_bodies =
 * off, and the same validators run here as the function will run. All functions of the owner are checked:
 * a new column or a dropped one can break a function that the migration does not name.
 */
import type { ClientBase } from 'pg';
import { OperatorError } from '../errors.ts';
import { splitSql } from './split-sql.ts';
import { describeSqlError, isSqlError } from './sql-error.ts';

interface SqlFunction {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** With schema and argument types. */
  readonly signature: string;
  readonly body: string;
  /** A function of pg_catalog: fmgr_sql_validator, plpgsql_validator. */
  readonly validator: string;
}

// Functions of extensions and of schema direct (generated) are not checked.
const FUNCTIONS = `
  select p.oid::integer, n.nspname as schema, p.proname as name, p.prosrc as body,
    format('%I.%I(%s)', n.nspname, p.proname, oidvectortypes(p.proargtypes)) as signature,
    l.lanvalidator::regproc::text as validator
  from pg_catalog.pg_proc as p
  join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
  join pg_catalog.pg_language as l on l.oid = p.prolang and l.lanvalidator <> 0
  join pg_catalog.pg_roles as r on r.oid = p.proowner and r.rolname = current_user
  where n.nspname not in ('pg_catalog', 'information_schema', 'graphile_migrate', 'direct')
    and not exists (select from pg_catalog.pg_depend as d
      where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
  order by p.oid`;

export async function checkFunctions(owner: ClientBase, sql: string, file: string): Promise<void> {
  const { rows } = await owner.query<SqlFunction>(FUNCTIONS);
  for (const found of rows) {
    try {
      await owner.query(`select ${found.validator}($1)`, [found.oid]);
    } catch (error) {
      if (!isSqlError(error)) throw error;
      throw refusal(error, found, sql, file);
    }
  }
}

/** A function of the file has a line. Any other function was broken by a change of what it uses. */
function refusal(error: Error, found: SqlFunction, sql: string, file: string): OperatorError {
  const offset = offsetOf(error, found, sql);
  // The context repeats the name.
  const named = Object.assign(new Error(`function ${found.signature}: ${error.message}`), {
    ...error,
    where: undefined,
  });
  if (!isSqlError(named)) throw error;
  return new OperatorError(
    describeSqlError(named, sql, file, offset),
    offset === undefined
      ? `${file} changes something that this function uses. Create the function again in this file, or drop it.`
      : `correct the function in ${file}.`,
    { cause: error },
  );
}

function offsetOf(error: Error, { schema, name, body }: SqlFunction, sql: string) {
  const position = 'internalPosition' in error ? Number(error.internalPosition) : 0;
  const begin = body === '' ? -1 : sql.indexOf(body);
  if (begin >= 0) return begin + (position > 0 ? position - 1 : 0);
  const quoted = (text: string) => `"?${text.replace(/\W/g, '\\$&')}"?`;
  const creates = new RegExp(
    `^create\\s+(or\\s+replace\\s+)?(function|procedure)\\s+(${quoted(schema)}\\s*\\.\\s*)?${quoted(name)}\\s*\\(`,
    'i',
  );
  return splitSql(sql).find(({ text }) => creates.test(text))?.offset;
}
