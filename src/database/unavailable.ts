/** Whether an error means that the database, or a connection to it, is not to be had at the moment. */

/** https://www.postgresql.org/docs/18/errcodes-appendix.html */
const SQLSTATES = [
  /^08/, // connection exception
  /^53/, // insufficient resources: too many connections, disk full
  /^57P/, // operator intervention: shutting down, starting up
  /^25006$/, // read only: a standby, or a primary that has become one
  /^28P01$/, // invalid password: being rotated
];

const SYSTEM = /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOENT$)/;

/** What pg says without a code: no free connection or no answer in time, or a connection that was lost. */
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
