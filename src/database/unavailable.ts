/**
 * Whether an error means that the database, or a connection to it, is not available at the moment, and why.
 * Takes any error; changes nothing.
 */

/** This process has more work than it takes on: for one person, or for all. */
export class BusyError extends Error {
  /** insufficient_resources, PostgreSQL's own code for the same. */
  readonly code = '53000';
  constructor(message: string) {
    super(message);
    this.name = 'BusyError';
  }
}

/** As `extensions.reason` of UNAVAILABLE. */
export type UnavailableReason = 'BUSY' | 'DATABASE' | 'READ_ONLY';

/** Of an error that isUnavailable. */
export function unavailableReason(error: unknown): UnavailableReason {
  if (error instanceof BusyError) return 'BUSY';
  const { code, message } = error as { code?: string; message?: string };
  if (code === '25006') return 'READ_ONLY';
  return /timeout exceeded when trying to connect/.test(message ?? '') ? 'BUSY' : 'DATABASE';
}

/** https://www.postgresql.org/docs/18/errcodes-appendix.html */
const SQLSTATES = [
  /^08/, // connection exception
  /^53/, // insufficient resources: too many connections, disk full
  /^57P/, // operator intervention: shutting down, starting up
  /^25006$/, // read only: a standby, or a primary that has become one
  /^28(P01|000)$/, // the server's login is refused: its password is being changed
];

const SYSTEM = /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOENT$)/;

/** Messages of pg that come without a code: no free connection, no answer in time, a lost connection. */
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
