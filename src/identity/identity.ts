/**
 * The only thing that crosses from HTTP into the rest: who a verified token says is asking. Nothing else
 * of the token or the request goes on.
 */

export interface Identity {
  /** 1 to 2147483647, the value of the token's user_id claim. */
  readonly userId: number;
  /** The email claim, or null where the token has none. */
  readonly email: string | null;
  /** When the token was issued (iat), in seconds since 1970. */
  readonly issuedAt: number;
  /** When it ends (exp), in seconds since 1970. */
  readonly expiresAt: number;
}

/**
 * A request whose sender is not known. `reason` is for the log; the client learns only whether it sent
 * no token at all or one that does not count.
 */
export class AuthenticationError extends Error {
  readonly kind: 'missing' | 'invalid';
  readonly reason: string;

  constructor(kind: 'missing' | 'invalid', reason: string) {
    super(`authentication failed: ${reason}`);
    this.name = 'AuthenticationError';
    this.kind = kind;
    this.reason = reason;
  }
}

export const invalid = (reason: string): AuthenticationError =>
  new AuthenticationError('invalid', reason);
