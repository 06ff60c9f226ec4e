/** What a repeated token costs, and that remembering it never makes it better than it is. */
import { randomBytes } from 'node:crypto';
import { afterEach, expect, test, vi } from 'vitest';
import { secretKey } from '../../src/identity/keys.ts';
import { TokenCache } from '../../src/identity/token-cache.ts';
import { createVerifier } from '../../src/identity/verifier.ts';
import { PARTY } from '../support/issuer.ts';
import { UNLESS_BUSY } from '../support/retry.ts';
import { goodClaims, HEADER, hs256 } from '../support/tokens.ts';

afterEach(() => vi.useRealTimers());

const identity = (userId: number) => ({ userId, email: null, issuedAt: 0, expiresAt: 0 });
const soon = () => Date.now() / 1000 + 60;

/** A cache that has been asked once under version 0, as the verifier does before it sets. */
function cacheOf(max?: number): TokenCache {
  const cache = new TokenCache(max);
  cache.get('', 0);
  return cache;
}

test('a token is found under its own text only', () => {
  const cache = cacheOf();
  cache.set('a.b.c', 0, identity(1), soon());
  expect(cache.get('a.b.c', 0)).toEqual(identity(1));
  expect(cache.get('a.b.d', 0)).toBeUndefined();
});

test('it is bounded, and the token unused for longest goes first', () => {
  const cache = cacheOf(3);
  for (const id of [1, 2, 3]) cache.set(`token ${id}`, 0, identity(id), soon());
  cache.get('token 1', 0);
  cache.set('token 4', 0, identity(4), soon());
  expect(cache.size).toBe(3);
  expect([1, 2, 3, 4].map((id) => cache.get(`token ${id}`, 0)?.userId)).toEqual([
    1,
    undefined,
    3,
    4,
  ]);
});

test('the time is compared at every hit, and an expired token is dropped', () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const cache = cacheOf();
  cache.set('token', 0, identity(1), Date.now() / 1000 + 10);
  vi.setSystemTime(Date.now() + 9_999);
  expect(cache.get('token', 0)).toBeDefined();
  vi.setSystemTime(Date.now() + 1);
  expect(cache.get('token', 0)).toBeUndefined();
  expect(cache.size).toBe(0);
});

test('it is emptied when the keys change', () => {
  const cache = cacheOf();
  cache.set('token', 0, identity(1), soon());
  expect(cache.get('token', 1)).toBeUndefined();
  expect(cache.size).toBe(0);
});

test('what was verified with keys that have changed meanwhile is not kept', () => {
  const cache = cacheOf();
  cache.get('', 1);
  cache.set('token', 0, identity(1), soon());
  expect(cache.size).toBe(0);
});

test('a repeated token costs a small part of its signature check', UNLESS_BUSY, async () => {
  const secret = randomBytes(32);
  const rules = { ...PARTY, algorithms: ['HS256'], userIdClaim: 'user_id', maxAge: 3600 };
  const verify = createVerifier(rules, secretKey(secret));
  const tokens = Array.from({ length: 300 }, (_, i) =>
    hs256(HEADER, goodClaims(PARTY, { user_id: i + 1 }), secret),
  );
  const round = async () => {
    const began = performance.now();
    for (const token of tokens) await verify(token);
    return performance.now() - began;
  };
  const fresh = await round();
  const repeated = Math.min(await round(), await round(), await round());
  expect(repeated).toBeLessThan(fresh / 3);
});
