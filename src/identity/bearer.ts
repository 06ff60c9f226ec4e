/**
 * `Authorization` header → compact JWT text. RFC 6750, section 2.1: one scheme, one place. The limits
 * come before any parsing: what is too long or has other characters never reaches a JSON parser.
 */
import { AuthenticationError, invalid } from './identity.ts';

/** Longest token accepted, in bytes. */
export const MAX_TOKEN_BYTES = 4096;

/** Three base64url parts (RFC 7515, section 7.1); padding and white space are not part of it. */
const COMPACT_JWS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

export function bearerToken(header: string | undefined): string {
  if (header === undefined || header === '') {
    throw new AuthenticationError('missing', 'no Authorization header');
  }
  const [, token] = /^bearer +(\S+)$/i.exec(header) ?? [];
  if (token === undefined) throw invalid('not a Bearer token');
  if (token.length > MAX_TOKEN_BYTES) throw invalid(`longer than ${MAX_TOKEN_BYTES} bytes`);
  if (!COMPACT_JWS.test(token)) throw invalid('not a compact JWS');
  return token;
}
