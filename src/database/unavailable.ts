/**
 * Takes an error, tells whether the database or a connection to it is unavailable at the moment, and why.
 * Must never count an error of the statement itself.
 */

/** https://www.postgresql.org/docs/18/errcodes-appendix.html */
const SQLSTATES = [
  /^08/, // connection exception
  /^53/, // insufficient resources: too many connections, disk full
  /^57P/, // operator intervention: shutting down, starting up
  /^25006$/, // read only: a standby, or a primary that has become one
  /^28(P01|000)$/, // the server's login is refused: its password was changed, or its right to log in
];

const SYSTEM = /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOENT$)/;

/** Messages of pg without a code: no free connection, no answer in time, or a lost connection. */
const WORDS =
  /timeout exceeded when trying to connect|Query read timeout|Connection terminated|Client has encountered a connection error|not queryable/;

export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError) return error.errors.some(isUnavailable);
  const code = 'code' in error ? String(error.code) : '';
  return (
    SQLSTATES.some((state) => state.test(code)) || SYSTEM.test(code) || WORDS.test(error.message)
  );
}

const NO_CONNECTION = /timeout exceeded when trying to connect/;

/** For an error that isUnavailable: BUSY, too much is waiting here; READ_ONLY, a standby; else DATABASE. */
export function unavailableReason(error: unknown): 'BUSY' | 'READ_ONLY' | 'DATABASE' {
  if (!(error instanceof Error)) return 'DATABASE';
  if (error instanceof QueueFullError || NO_CONNECTION.test(error.message)) return 'BUSY';
  return 'code' in error && error.code === '25006' ? 'READ_ONLY' : 'DATABASE';
}

/** PostgreSQL refuses the server's own login. No request can cause that. */
export const isLoginRefused = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && /^28(P01|000)$/.test(String(error.code));

/** Too many wait, here in this process: for a connection, or for the turn of one person. */
export class QueueFullError extends Error {
  /** insufficient_resources: https://www.postgresql.org/docs/18/errcodes-appendix.html */
  readonly code = '53000';
  constructor(message: string) {
    super(message);
    this.name = 'QueueFullError';
  }
}
