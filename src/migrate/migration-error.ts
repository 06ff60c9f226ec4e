/**
 * graphile-migrate's errors for the terminal. Takes any error, returns an OperatorError for the known ones
 * and every other error unchanged. Never hides an error.
 */
import { OperatorError } from '../errors.ts';

/** graphile-migrate's message when another process holds its advisory lock. */
export const LOCKED = /Failed to get exclusive lock/;

const EDITED = /^Hash for (\S+) does not match/;

export function migrationError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const options = { cause: error };
  const [, edited] = EDITED.exec(error.message) ?? [];
  if (edited) {
    return new OperatorError(
      `The committed migration ${edited} was edited: its content does not match its hash.`,
      `restore it (git checkout migrations/committed/${edited}) and change the schema in a new migration.`,
      options,
    );
  }
  if (LOCKED.test(error.message)) {
    return new OperatorError(
      'Another migration of this database is running.',
      'wait until it has ended, then run the command again.',
      options,
    );
  }
  return error;
}
