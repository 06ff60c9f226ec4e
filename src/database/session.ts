/**
 * Identity → the settings of one transaction. This is the whole of the trust the server hands to the
 * database: a role without privileges of its own to speak of, and one claim.
 */
import type { Identity } from '../identity/identity.ts';

/** Spelled here and in app_private.current_user_id(), nowhere else. */
export const USER_ID_SETTING = 'jwt.claims.user_id';

/**
 * How requests are planned. A policy compares user_id with a value that the planner does not know, so it
 * counts on an average account. For one it may fetch all rows by bitmap and sort them, which in a large
 * account means all of them for each page; in order of the index it is a page's worth in every account.
 * While a table is small it would even read all of everybody's, since a jump in the index is priced as
 * one of a disk's arm; the rows of a person who is asking are in memory. And compiling a statement takes longer than any statement here runs.
 */
const PLANNER_SETTINGS = { enable_bitmapscan: 'off', random_page_cost: '1.1', jit: 'off' } as const;

/** All that a request sets, in this order. */
export const REQUEST_SETTINGS = [
  'role',
  USER_ID_SETTING,
  'statement_timeout',
  'enable_bitmapscan',
  'random_page_cost',
  'jit',
] as const;

/**
 * A fixed list, never a spread of the token: `role` and `search_path` are settings too. The claim is
 * always sent, formatted from the number: PostGraphile skips settings that are null, and a connection
 * would then still carry the last one's.
 */
export function sessionSettings(
  identity: Identity,
  statementTimeoutMs: number,
): Record<(typeof REQUEST_SETTINGS)[number], string> {
  return {
    role: 'todo_user',
    [USER_ID_SETTING]: String(identity.userId),
    statement_timeout: String(statementTimeoutMs),
    ...PLANNER_SETTINGS,
  };
}
