/**
 * Takes a payload whose signature, issuer, audience and times were verified, returns the Identity, or throws
 * an AuthenticationError. Must never guess an id: only the configured claim counts.
 */
import type { JWTPayload } from 'jose';
import type { Identity } from './identity.ts';
import { refused } from './refusals.ts';

/** The largest value of PostgreSQL's integer type. */
const MAX_USER_ID = 2_147_483_647;

export function identityFromClaims(payload: JWTPayload, userIdClaim: string): Identity {
  return {
    userId: userId(payload[userIdClaim]),
    email: email(payload.email),
    issuedAt: seconds(payload.iat),
    expiresAt: seconds(payload.exp),
  };
}

/** A JSON integer, or a string with the same decimal digits. Any other form is refused. */
function userId(value: unknown): number {
  const id = typeof value === 'string' && /^[1-9][0-9]{0,9}$/.test(value) ? Number(value) : value;
  if (typeof id !== 'number' || !Number.isInteger(id) || id < 1 || id > MAX_USER_ID) {
    throw refused('USER_ID');
  }
  return id;
}

function email(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string' || value.length < 3 || value.length > 320) {
    throw refused('EMAIL');
  }
  // PostgreSQL cannot store a NUL character, and UTF-8 cannot encode half of a surrogate pair.
  if (value.includes('\0') || !value.isWellFormed()) throw refused('EMAIL');
  return value;
}

function seconds(value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw refused('TIMES');
  return value;
}
