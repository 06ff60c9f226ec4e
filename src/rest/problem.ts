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

const isCode = (code: unknown): code is ErrorCode => typeof code === 'string' && code in STATUS;

/** Of the first error. `columnOf`: the name that REST has for a field of the input. */
export function problemOf(
  { message, extensions }: GraphQLError,
  columnOf: (field: string) => string,
): Problem {
  const { code, field, ...rest } = extensions;
  const known = isCode(code) ? code : 'INTERNAL';
  let status = STATUS[known];
  if (rest.reason === 'STALE') status = 412;
  if (rest.reason === 'RATE_LIMITED') status = 429;
  if (typeof field !== 'string') return new Problem(status, known, message, rest);
  const column = columnOf(field);
  return new Problem(status, known, message.replace(field, column), { ...rest, field: column });
}

export const NOT_FOUND_DETAIL = 'There is no such object.';
