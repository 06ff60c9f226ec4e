/**
 * Errors of REST: RFC 9457 (https://www.rfc-editor.org/rfc/rfc9457). Takes errors of GraphQL or of a request, returns
 * the status and the problem. Must never say more than the GraphQL error does.
 */
import type { GraphQLError } from 'postgraphile/graphql';
import type { ErrorCode } from '../graphql/client-error.ts';

/** Thrown while a request is read; answered by rest.ts. */
export class Problem extends Error {
  readonly status: number;
  readonly code: ErrorCode;
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor(
    status: number,
    code: ErrorCode,
    detail: string,
    extensions: Readonly<Record<string, unknown>> = {},
  ) {
    super(detail);
    this.name = 'Problem';
    this.status = status;
    this.code = code;
    this.extensions = extensions;
  }
}

/** The request could be read, and a name or a value in it is wrong. */
export type Fault =
  | 'UNKNOWN_FIELD'
  | 'WRONG_TYPE'
  | 'REQUIRED'
  | 'READ_ONLY_FIELD'
  | 'OUT_OF_RANGE';

export const invalid = (field: string, reason: Fault, detail: string): Problem =>
  new Problem(422, 'BAD_USER_INPUT', detail, { reason, field });

const STATUS: Readonly<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  BAD_USER_INPUT: 422,
  CONFLICT: 409,
  EMAIL_TAKEN: 409,
  ACCOUNT_DELETED: 403,
  TOO_COMPLEX: 413,
  TIMEOUT: 504,
  UNAVAILABLE: 503,
  INTERNAL: 500,
};

export const CODES: readonly string[] = Object.keys(STATUS);

const isCode = (code: unknown): code is ErrorCode => typeof code === 'string' && code in STATUS;

/** What GraphQL's `idempotencyKey` is here. */
export const KEY_HEADER = 'Idempotency-Key';

/** How REST names what an error of GraphQL is about. */
export interface Names {
  /** The name of a field of the input. */
  readonly columnOf?: (field: string) => string;
  /** A row with the names of GraphQL's fields. */
  readonly rowOf?: (current: object) => object;
}

/** Of the first error. */
export function problemOf(
  { message, extensions }: GraphQLError,
  { columnOf = (field) => field, rowOf = (row) => row }: Names,
): Problem {
  const { code, field: given, current, ...others } = extensions;
  const isRow = typeof current === 'object' && current !== null;
  const rest = { ...others, ...(isRow && { current: rowOf(current) }) };
  const known = isCode(code) ? code : 'INTERNAL';
  let status = STATUS[known];
  if (others.reason === 'STALE') status = 412;
  if (others.reason === 'RATE_LIMITED') status = 429;
  const detail = message.replaceAll('idempotencyKey', KEY_HEADER);
  const ofKey = known === 'BAD_USER_INPUT' && detail !== message;
  const field = typeof given === 'string' ? columnOf(given) : ofKey ? KEY_HEADER : undefined;
  if (field === undefined) return new Problem(status, known, detail, rest);
  // A rule of the database is what is left when names and types are right.
  const reason = known === 'BAD_USER_INPUT' ? { reason: 'RULE' } : {};
  const named = typeof given === 'string' ? detail.replace(given, field) : detail;
  return new Problem(status, known, named, { ...reason, ...rest, field });
}
