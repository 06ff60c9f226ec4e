/**
 * Takes the Authorization header (RFC 6750, section 2.1), returns the compact JWT in it, or throws an
 * AuthenticationError. Must never parse the token: a token that is too long or has other characters is
 * refused before any JSON parser sees it.
 */
import { AuthenticationError } from './identity.ts';
import { refused } from './refusals.ts';

/** Longest token accepted, in bytes. */
export const MAX_TOKEN_BYTES = 4096;

/** Three base64url parts without padding or white space (RFC 7515, section 7.1). */
const COMPACT_JWS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

export function bearerToken(header: string | undefined): string {
  if (header === undefined || header === '') {
    throw new AuthenticationError('missing', 'no Authorization header');
  }
  const [, token] = /^bearer +(\S+)$/i.exec(header) ?? [];
  if (token === undefined) throw refused('SCHEME');
  if (token.length > MAX_TOKEN_BYTES) throw refused('LENGTH');
  if (!COMPACT_JWS.test(token)) throw refused('FORM');
  return token;
}
