/**
 * The doctor's one SQL statement, put together from catalogue.sql (shared CTEs), one file per family of
 * rules in rules/, and exceptions.sql. Reads these files once, at import. One statement is one round trip, and
 * PostgreSQL reads each part of its catalogue once.
 *
 * $1 in the files is the login to judge beside todo_authenticator. The rows are (code, level, object, message,
 * fix), errors first.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { escapeLiteral } from 'pg';

const read = (...path: string[]): string =>
  readFileSync(join(import.meta.dirname, ...path), 'utf8').trim();

const FAMILIES: readonly string[] = readdirSync(join(import.meta.dirname, 'rules'))
  .filter((file) => file.endsWith('.sql'))
  .sort();

const statement = (families: readonly string[]): string => `with recursive
${read('catalogue.sql')},
finding (code, level, object, message, fix) as materialized (
${families.map((file) => `(\n${read('rules', file)}\n)`).join('\nunion all\n')}
),
${read('exceptions.sql')}`;

export const DOCTOR_SQL = statement(FAMILIES);

const DOCTOR_SQL_WITHOUT_DIRECT = statement(FAMILIES.filter((file) => file !== 'direct.sql'));

/**
 * The statement with the login written into it. With a parameter PostgreSQL would keep the statement for later
 * and copy it several times, a tenth of its cost. `direct` is false for a login that cannot call the functions
 * of the migrations: the rules that call them are left out.
 */
export const doctorSql = (login: string, direct = true): string =>
  (direct ? DOCTOR_SQL : DOCTOR_SQL_WITHOUT_DIRECT).replaceAll('$1', () => escapeLiteral(login));

/** The same for psql. */
export const doctorScript = (login: string): string =>
  `set search_path = '';\n${doctorSql(login)};`;
