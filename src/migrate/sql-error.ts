/**
 * An error of PostgreSQL → where in the file it is: line, column, the lines around it. Receives the text
 * that was run; prints nothing.
 */
import type { ClientBase } from 'pg';
import { statementsOf } from './split-sql.ts';

/** What PostgreSQL says, as far as it is shown. */
interface SqlError extends Error {
  readonly code: string;
  readonly position?: string;
  readonly detail?: string;
  readonly hint?: string;
  /** Where in a function or a do block. */
  readonly where?: string;
}

export const isSqlError = (error: unknown): error is SqlError =>
  error instanceof Error && 'severity' in error && 'code' in error;

/** The lines before the one that is pointed at. */
const CONTEXT = 2;

/** `offset` is where in `sql` the error is; undefined if nobody knows. */
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

/** What row_security = off refuses would otherwise have touched no row, and said nothing. */
const hintFor = ({ code, message }: SqlError): string | undefined =>
  code === '42501' && message.includes('row-level security')
    ? 'FORCE binds the owner too: it would have touched no row. docs/conventions.md, "Data migrations", has the way.'
    : undefined;

/**
 * PostgreSQL gives a position for what it can not understand, and none for what it can not do. For that
 * the statements are run again one by one, in a transaction that is rolled back, up to the one that fails.
 */
export async function locate(
  client: ClientBase,
  error: SqlError,
  sql: string,
): Promise<number | undefined> {
  if (error.position) return Number(error.position) - 1;
  if (/^--! no-transaction/m.test(sql)) return undefined;
  await client.query('begin; set local row_security = off');
  try {
    for (const { text, offset } of statementsOf(sql)) {
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
