/**
 * A person's id → the settings of one transaction. This is the whole of the trust the server hands to the
 * database: a role without privileges of its own to speak of, and one claim.
 */
/** Spelled here and in app_private.current_user_id(), nowhere else. */
export const USER_ID_SETTING = 'jwt.claims.user_id';

/** All that a request sets, in this order. How it is planned are settings of the login (roles.sql). */
export const REQUEST_SETTINGS = ['role', USER_ID_SETTING, 'statement_timeout'] as const;

/**
 * A fixed list, never a spread of the token: `role` and `search_path` are settings too. The claim is
 * always sent, formatted from the number: PostGraphile skips settings that are null, and a connection
 * would then still carry the last one's.
 */
export function sessionSettings(
  userId: number,
  statementTimeoutMs: number,
): Record<(typeof REQUEST_SETTINGS)[number], string> {
  return {
    role: 'todo_user',
    [USER_ID_SETTING]: String(userId),
    statement_timeout: String(statementTimeoutMs),
  };
}
