/**
 * The error codes, reasons and fixed sentences of the API. Used by every layer that answers a client: the
 * schema's plans, the error mask and HTTP. Contains no text of the database.
 */
import { SafeError } from 'postgraphile/grafast';

/** Stable; docs/graphql.md explains each. `npm run client` writes these three lists into an application. */
export const ERROR_CODES = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'BAD_USER_INPUT',
  'CONFLICT',
  'EMAIL_TAKEN',
  'ACCOUNT_DELETED',
  'TOO_COMPLEX',
  'TIMEOUT',
  'UNAVAILABLE',
  'INTERNAL',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** Why the code is UNAVAILABLE, in `extensions.reason`. */
export const UNAVAILABLE_REASONS = ['RATE_LIMITED', 'BUSY', 'DATABASE', 'READ_ONLY'] as const;
export type UnavailableReason = (typeof UNAVAILABLE_REASONS)[number];

/** Why the code is CONFLICT, in `extensions.reason`. */
export const CONFLICT_REASONS = [
  'STALE',
  'KEY_REUSED',
  'KEY_GONE',
  'EXISTS',
  'CONCURRENT',
  'REFERENCE',
] as const;
export type ConflictReason = (typeof CONFLICT_REASONS)[number];

/** `extensions.reason` of BAD_USER_INPUT where the API has no such feature: changing the values does not help. */
export const NOT_SUPPORTED = 'NOT_SUPPORTED';

/** What `extensions` of an error has beside its code and reason. */
export interface ErrorDetails {
  /** The API's name of the input field that is at fault. */
  readonly field?: string;
  /** The row as it is now, by the API's field names: of CONFLICT with the reason STALE. */
  readonly current?: Readonly<Record<string, unknown>>;
}

/** An error that reaches the client unchanged, thrown by a plan. */
export const clientError = (
  code: ErrorCode,
  message: string,
  reason?: ConflictReason,
  details?: ErrorDetails,
): SafeError => new SafeError(message, { code, ...(reason && { reason }), ...details });

/** A database error of one item of a list. The client's `field` begins with the item: `tasks[3].title`. */
export class ItemError extends Error {
  override readonly cause: Error;
  /** `tasks[3]`. */
  readonly item: string;

  constructor(cause: Error, item: string) {
    super(cause.message, { cause });
    this.name = 'ItemError';
    this.cause = cause;
    this.item = item;
  }
}

export const WRONG = 'Something went wrong on our side.';
export const NOT_NOW = 'The service cannot be reached at the moment. Try again in a few seconds.';

/** A mutation's write is committed before the rest of its answer is read. */
export const tooLarge = (maxBytes: number, isRead: boolean): string =>
  `The answer is too large: at most ${maxBytes} bytes are allowed. Ask for fewer rows (first: ...) or fewer fields.${isRead ? '' : ' The change may have been made.'}`;

/** For a subscription that was sent as a query. */
export const NO_SUBSCRIPTION =
  'Subscriptions are answered as a stream: send Accept: text/event-stream.';

export const TOO_OFTEN = 'Too many requests in a minute. Wait as long as Retry-After says.';

/** The same sentence for a row that does not exist and for another person's row. */
export const NOT_FOUND = 'There is no such object.';

export const GONE = 'This account was deleted.';

/** Value of the Retry-After header: seconds until a client may ask again. */
export const RETRY_AFTER = '2';
