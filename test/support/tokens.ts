/** Tokens by hand, good and bad: any header, any payload, also text that no library would write. */
import { createHmac } from 'node:crypto';

type Json = object | string;

export const base64url = (part: Json): string =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');

/** header.payload.HMAC-SHA-256; a string goes in as it is. */
export function hs256(header: Json, payload: Json, secret: Uint8Array): string {
  const signed = `${base64url(header)}.${base64url(payload)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

export const HEADER = { alg: 'HS256' };

export interface Party {
  readonly issuer: string;
  readonly audience: string;
}

/** The claims of a good token for user 7, issued now, for ten minutes. */
export function goodClaims({ issuer, audience }: Party, change: object = {}) {
  const now = Math.floor(Date.now() / 1000);
  const claims = { user_id: 7, email: 'seven@example.com', iss: issuer, aud: audience };
  return { ...claims, iat: now, exp: now + 600, ...change };
}
