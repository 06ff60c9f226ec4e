/** What an error of the API means for this page. Its message is a sentence for people already. */
import type { CombinedError } from 'urql';
import type { TaskFieldsFragment } from './gql/graphql';

/** Whether the API answered with this code, and with this reason if one is given. */
export function has(error: CombinedError | undefined, code: string, reason?: string): boolean {
  const details = error?.graphQLErrors[0]?.extensions;
  return details?.code === code && (reason === undefined || details.reason === reason);
}

/** The row as it is now, which every CONFLICT with the reason STALE carries. */
export const currentOf = (error: CombinedError): TaskFieldsFragment =>
  error.graphQLErrors[0]?.extensions.current as TaskFieldsFragment;

/**
 * No answer, or the server was busy. Everything that this page sends may be repeated: creates carry a key,
 * changes say what the row becomes.
 */
export const isWorthRetrying = (error: CombinedError): boolean =>
  error.networkError !== undefined || PASSING.has(error.graphQLErrors[0]?.extensions.reason);

const PASSING = new Set<unknown>(['BUSY', 'DATABASE', 'CONCURRENT']);

/** Shows a sentence to the person at the page; an empty text removes the last one. */
export type Report = (text: string) => void;

/** '' without an error. */
export function messageOf(error: CombinedError | undefined): string {
  if (!error) return '';
  if (has(error, 'NOT_FOUND')) return 'This task was deleted in the meantime.';
  const message = error.graphQLErrors[0]?.message;
  return message ?? 'The server cannot be reached. Check your connection and try again.';
}
