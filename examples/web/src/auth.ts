/**
 * Sign-in with Better Auth, and the API's tokens. The session is a cookie of this origin; the token is kept
 * in memory only, so a script of another page cannot read it from the browser's storage.
 */
import { createAuthClient } from 'better-auth/react';

/** Calls /api/auth of this page's origin. */
export const auth = createAuthClient();

export type User = typeof auth.$Infer.Session.user;

/** What went wrong, for the person at the page. */
export const problemOf = ({ error }: { error: { message?: string | undefined } | null }) =>
  error ? (error.message ?? 'The sign-in server cannot be reached.') : undefined;

export interface Token {
  readonly value: string;
  /** By performance.now(): from then on a new token should be fetched. */
  readonly refreshAt: number;
}

/**
 * A token of this person. undefined: nobody, or somebody else, is signed in now (in another tab, for
 * example). Throws when the sign-in server cannot be reached.
 */
export async function fetchToken(userId: string): Promise<Token | undefined> {
  const { data, error } = await auth.$fetch<{ token: string }>('/token', {
    retry: { type: 'linear', attempts: 2, delay: 500 },
  });
  if (error && error.status !== 401) throw new Error(error.message ?? error.statusText);
  if (!data) return undefined;
  const { sub, iat, exp } = claimsOf(data.token);
  if (sub !== userId) return undefined;
  // Only the difference counts: the clock of this machine may be wrong.
  const lifetime = (exp - iat) * 1000;
  const early = Math.min(60_000, lifetime / 4);
  return { value: data.token, refreshAt: performance.now() + lifetime - early };
}

/** Read, not verified: the API does that. */
function claimsOf(token: string): { sub: string; iat: number; exp: number } {
  const [, payload = ''] = token.split('.');
  return JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')));
}
