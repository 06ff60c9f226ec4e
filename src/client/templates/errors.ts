/**
 * The errors of the API as types. `apiErrors` takes what a client library reports and returns the errors of the
 * server. Decide by `code` and `reason`; `message` is for people.
 */
import type { ConflictReason, ErrorCode, UnavailableReason } from './schema.ts';

export type { ConflictReason, ErrorCode, UnavailableReason };

interface Fault {
  readonly message: string;
  /** Names and indices that lead to the field that failed; absent if the request was refused as a whole. */
  readonly path?: readonly (string | number)[];
  /** The input field at fault, if there is exactly one. */
  readonly field?: string;
  /** The server's log has the details under this id. */
  readonly errorId?: string;
}

export type ApiError = Fault &
  (
    | {
        readonly code: 'CONFLICT';
        readonly reason?: ConflictReason;
        /** With the reason STALE: the row as it is now. */
        readonly current?: Readonly<Record<string, unknown>>;
      }
    | { readonly code: 'UNAVAILABLE'; readonly reason?: UnavailableReason }
    | {
        readonly code: Exclude<ErrorCode, 'CONFLICT' | 'UNAVAILABLE'>;
        readonly reason?: string;
      }
  );

/**
 * Takes an error of urql, Apollo Client or graphql-request, or the parsed answer of `fetch`. Returns the errors of
 * the API in it; none if the request never reached the server.
 */
export function apiErrors(error: unknown): ApiError[] {
  if (!isObject(error)) return [];
  const response = isObject(error.response) ? error.response : {};
  // In turn: urql, Apollo Client and an answer, graphql-request, Apollo Client for a status other than 200.
  const lists = [error.graphQLErrors, error.errors, response.errors, parsed(error.bodyText).errors];
  return (lists.find(Array.isArray) ?? []).flatMap(asApiError);
}

function asApiError(error: unknown): ApiError[] {
  if (!isObject(error) || !isObject(error.extensions)) return [];
  const { message, path, extensions } = error;
  if (typeof extensions.code !== 'string') return [];
  // The server's promise: src/graphql/client-error.ts has the codes, docs/graphql.md the meaning of each.
  return [{ ...extensions, message, ...(Array.isArray(path) && { path }) } as ApiError];
}

function parsed(text: unknown): Record<string, unknown> {
  try {
    const value: unknown = typeof text === 'string' ? JSON.parse(text) : undefined;
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
