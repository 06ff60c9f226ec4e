/**
 * Takes a shared secret and a person, returns a signed development token. Used by `npm start`,
 * `npm run token` and the tests. Must never run in production.
 */
import { SignJWT } from 'jose';

export interface IssuerOptions {
  readonly secret: Uint8Array;
  readonly issuer: string;
  readonly audience: string;
  readonly userIdClaim: string;
  /** JWT_TYP; undefined = JWT. */
  readonly typ?: string | undefined;
}

/** A token valid for `seconds`, issued now. */
export function signToken(
  options: IssuerOptions,
  person: { userId: number; email: string },
  seconds: number,
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ [options.userIdClaim]: person.userId, email: person.email })
    .setProtectedHeader({ alg: 'HS256', typ: options.typ ?? 'JWT' })
    .setIssuer(options.issuer)
    .setAudience(options.audience)
    .setIssuedAt(now)
    .setExpirationTime(now + seconds)
    .sign(options.secret);
}
