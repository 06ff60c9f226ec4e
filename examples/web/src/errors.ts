/** What an error of the API means for the person at the page: one sentence, by `code` and `reason`. */
import type { CombinedError } from 'urql';
import type { TaskFieldsFragment } from './gql/graphql';

type Details = { code?: unknown; reason?: unknown; current?: unknown };

const detailsOf = (error: CombinedError): Details => error.graphQLErrors[0]?.extensions ?? {};

/** Whether the API answered with this code, and with this reason if one is given. */
export function has(error: CombinedError, code: string, reason?: string): boolean {
  const details = detailsOf(error);
  return details.code === code && (reason === undefined || details.reason === reason);
}

/** The row as it is now, which every CONFLICT with the reason STALE carries. */
export const currentOf = (error: CombinedError): TaskFieldsFragment =>
  detailsOf(error).current as TaskFieldsFragment;

/**
 * No answer, or the server was busy. Everything that this page sends may be repeated: creates carry a key,
 * changes say what the row becomes.
 */
export const isWorthRetrying = (error: CombinedError): boolean =>
  error.networkError !== undefined ||
  has(error, 'UNAVAILABLE', 'BUSY') ||
  has(error, 'UNAVAILABLE', 'DATABASE') ||
  has(error, 'CONFLICT', 'CONCURRENT');

const SENTENCES: Readonly<Record<string, string>> = {
  UNAUTHENTICATED: 'You are signed out. Sign in again.',
  ACCOUNT_DELETED: 'This account was deleted.',
  EMAIL_TAKEN: 'Another account here has this e-mail address.',
  NOT_FOUND: 'This task was deleted in the meantime.',
  TIMEOUT: 'That took too long. Try again.',
  UNAVAILABLE: 'The service is not available right now. Try again in a moment.',
  INTERNAL: 'Something went wrong on the server. Try again later.',
};

export function messageOf(error: CombinedError): string {
  const { code, reason } = detailsOf(error);
  if (reason === 'RATE_LIMITED') return 'That was a lot at once. Wait a minute and try again.';
  if (reason === 'READ_ONLY') return 'Changes are not possible right now. Try again later.';
  const sentence = SENTENCES[String(code)];
  if (sentence) return sentence;
  // Of the other codes the message itself is for people: "title must be 1 to 200 characters".
  const message = error.graphQLErrors[0]?.message;
  return message ?? 'The server cannot be reached. Check your connection and try again.';
}
