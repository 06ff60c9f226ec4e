/**
 * The doctor's one SQL statement, put together from catalogue.sql (shared CTEs), one file per family of
 * rules in rules/, and exceptions.sql. Takes nothing but these files, returns the text once at import. One statement is one
 * round trip, and PostgreSQL reads each part of its catalogue once.
 *
 * The statement takes one parameter: the login to judge beside todo_authenticator. Its rows are
 * (code, level, object, message, fix), errors first.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

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

/** Without the rules that call a function of the migrations, for a login that cannot call it. */
export const DOCTOR_SQL_WITHOUT_DIRECT = statement(
  FAMILIES.filter((file) => file !== 'direct.sql'),
);

/** The same statement for psql: the parameter is written into it. */
export const doctorScript = (login: string): string =>
  `set search_path = '';\n${DOCTOR_SQL.replaceAll('$1', () => literal(login))};`;

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
