/**
 * PostgreSQL errors as text for the terminal: file, line, column, the lines around it. Takes the error and
 * the SQL that ran, returns text. Prints nothing; `locate` rolls back what it runs.
 */
import type { ClientBase } from 'pg';
import { dropDirectViews } from './direct.ts';
import { splitSql } from './split-sql.ts';

/** The shown fields of https://www.postgresql.org/docs/18/protocol-error-fields.html. */
interface SqlError extends Error {
  readonly code: string;
  readonly position?: string;
  readonly detail?: string;
  readonly hint?: string;
  /** Context: the line in a function or a do block. */
  readonly where?: string;
}

export const isSqlError = (error: unknown): error is SqlError =>
  error instanceof Error && 'severity' in error && 'code' in error;

/** Lines shown before the line of the error. */
const CONTEXT = 2;

/** `offset` is the error's index in `sql`, in characters; undefined = unknown. */
export function describeSqlError(
  error: SqlError,
  sql: string,
  file: string,
  offset: number | undefined,
): string {
  const { code, message, detail, where } = error;
  const hint = hintFor(error) ?? error.hint;
  const more = [
    detail && `  detail: ${detail}`,
    where && `  where: ${where.split('\n')[0]}`,
    hint && `  hint: ${hint}`,
  ].filter((line) => line !== undefined && line !== '');
  if (offset === undefined) return [`${file}: ${message} (${code})`, ...more].join('\n');

  const before = sql.slice(0, offset).split('\n');
  const line = before.length;
  const column = (before.at(-1)?.length ?? 0) + 1;
  const width = String(line).length;
  const lines = sql.split('\n').slice(Math.max(0, line - 1 - CONTEXT), line);
  const shown = lines.map(
    (text, i) => `  ${String(line - lines.length + 1 + i).padStart(width)} | ${text}`,
  );
  const caret = `  ${' '.repeat(width)} | ${' '.repeat(column - 1)}^`;
  return [`${file}:${line}:${column}: ${message} (${code})`, ...shown, caret, ...more].join('\n');
}

/**
 * graphile-migrate's parser (pg-minify) fails on text that never ends, before PostgreSQL sees it. Returns
 * the same form as describeSqlError, or undefined for any other error.
 */
export function describeParsingError(
  error: unknown,
  sql: string,
  file: string,
): string | undefined {
  if (!(error instanceof Error) || error.name !== 'SQLParsingError') return undefined;
  const { error: reason, position } = error as Error & {
    error?: string;
    position?: { line: number; column: number };
  };
  if (!reason || !position) return undefined;
  const before = sql.split('\n').slice(0, position.line - 1);
  const offset = before.reduce((sum, line) => sum + line.length + 1, position.column - 1);
  const syntaxError = Object.assign(new Error(reason), { code: '42601' });
  return describeSqlError(syntaxError, sql, file, offset);
}

/** For statements that row_security = off refuses. */
const hintFor = ({ code, message }: SqlError): string | undefined =>
  code === '42501' && message.includes('row-level security')
    ? 'FORCE row level security applies to the owner too, so this would change no row. See docs/conventions.md, "Data migrations".'
    : undefined;

/**
 * Returns the index of the error in `sql`. PostgreSQL reports a position for syntax errors and unknown
 * names only. For other errors the statements run again one by one, in a transaction that is rolled back.
 */
export async function locate(
  client: ClientBase,
  error: SqlError,
  sql: string,
): Promise<number | undefined> {
  if (error.position) return Number(error.position) - 1;
  if (/^--! no-transaction/m.test(sql)) return undefined;
  await client.query('begin; set local row_security = off; set local check_function_bodies = off');
  try {
    await dropDirectViews(client);
    for (const { text, offset } of splitSql(sql)) {
      try {
        await client.query(text);
      } catch (again) {
        return (again as SqlError).code === error.code ? offset : undefined;
      }
    }
    return undefined;
  } finally {
    await client.query('rollback');
  }
}

/** The hint for a syntax error at a word that PostgreSQL keeps for itself; undefined for any other error. */
export async function reservedWord(
  client: ClientBase,
  { code, message }: SqlError,
): Promise<string | undefined> {
  const word = code === '42601' ? /at or near "(\w+)"/.exec(message)?.[1] : undefined;
  if (!word) return undefined;
  const { rowCount } = await client.query(
    "select from pg_catalog.pg_get_keywords() where catcode in ('R', 'T') and word = $1",
    // Not lower() in SQL: in a Turkish database it makes another word of INSERT.
    [word.toLowerCase()],
  );
  return rowCount
    ? `"${word}" is a reserved word of SQL. If it is meant as a name, choose another one.`
    : undefined;
}
