/**
 * The person of a verified token, and the error of a request without one. Only an Identity passes from HTTP
 * to the other modules. It must never hold any other part of the token or the request.
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
 * A request without a valid token. `reason` is for the log only. `kind` decides the client's answer: no token
 * was sent, or an invalid one. `fix` is
 * for the terminal of development: refusals.ts.
 */
export class AuthenticationError extends Error {
  readonly kind: 'missing' | 'invalid';
  readonly reason: string;
  readonly fix: string | undefined;

  constructor(kind: 'missing' | 'invalid', reason: string, fix?: string) {
    super(`authentication failed: ${reason}`);
    this.name = 'AuthenticationError';
    this.kind = kind;
    this.reason = reason;
    this.fix = fix;
  }
}
