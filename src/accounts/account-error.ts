/**
 * Why a verified person cannot have an account. Takes an error of app_private.ensure_user, returns an
 * AccountError with a code and a sentence for the client. Must never pass on PostgreSQL's own message.
 */

export type AccountErrorCode = 'EMAIL_TAKEN' | 'ACCOUNT_DELETED' | 'BAD_USER_INPUT';

export class AccountError extends Error {
  readonly code: AccountErrorCode;
  constructor(code: AccountErrorCode, message: string) {
    super(message);
    this.name = 'AccountError';
    this.code = code;
  }
}

/** By the SQLSTATEs of app_private.ensure_user. */
const BY_STATE: Record<string, [AccountErrorCode, string]> = {
  RG001: ['EMAIL_TAKEN', 'The e-mail address of this token belongs to another account.'],
  RG002: ['ACCOUNT_DELETED', 'This account was deleted. Sign in again to start a new one.'],
  RG003: ['BAD_USER_INPUT', 'The first token of a new account must have an email claim.'],
  '23514': ['BAD_USER_INPUT', 'The e-mail address of this token must have 3 to 320 characters.'],
};

/** Returns an AccountError for a known SQLSTATE, otherwise the error itself. */
export function asAccountError(error: unknown): unknown {
  const known = BY_STATE[(error as { code?: string }).code ?? ''];
  return known ? new AccountError(...known) : error;
}
