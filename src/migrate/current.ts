/**
 * migrations/current.sql, the work in progress. Returns its text and whether it contains SQL. Never
 * writes the file: its author and graphile-migrate do.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from '../errors.ts';
import { ROOT } from './root.ts';

/** The file's name in messages. */
export const CURRENT_NAME = 'migrations/current.sql';
export const CURRENT_FILE = join(ROOT, CURRENT_NAME);

/** Throws an OperatorError if the file cannot be read. */
export function readCurrent(): string {
  try {
    return readFileSync(CURRENT_FILE, 'utf8');
  } catch (cause) {
    throw new OperatorError(
      `${CURRENT_NAME} cannot be read: ${(cause as Error).message}.`,
      'create the file; an empty one is enough.',
      { cause },
    );
  }
}

/** Blank means: comments and white space only. */
export const isBlank = (sql: string): boolean => !/\S/.test(sql.replace(/--.*/g, ''));
