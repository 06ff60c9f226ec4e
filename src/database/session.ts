/**
 * Takes a person's id, returns the settings of one transaction: the role todo_user and one claim. This is all
 * that the database is told about the person. Nothing of the token may become a setting.
 */

/** The claim's name. Spelled here and in app_private.current_user_id() only. */
export const USER_ID_SETTING = 'jwt.claims.user_id';

/** Every setting of a request, in this order. Planner settings belong to the login (migrations/roles.sql). */
export const REQUEST_SETTINGS = ['role', USER_ID_SETTING, 'statement_timeout'] as const;

/**
 * The list is fixed, because a claim named `role` or `search_path` would be a setting too. The claim is always
 * sent: PostGraphile skips settings that are null, and a connection could then still have the previous
 * person's. `statementTimeoutMs` is in milliseconds.
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
