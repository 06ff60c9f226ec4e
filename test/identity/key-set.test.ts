/** The issuer's keys over real HTTP: found, kept, renewed, and never more often than the cool-down lets. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AuthenticationError } from '../../src/identity/identity.ts';
import { KeySet, REFRESH_AFTER_MS, WITHDRAWN_WITHIN_MS } from '../../src/identity/key-set.ts';
import { KeysUnavailableError } from '../../src/identity/keys.ts';
import { createVerifier } from '../../src/identity/verifier.ts';
import { newKey, PARTY, sign, useIssuer } from '../support/issuer.ts';
import { UNLESS_BUSY } from '../support/retry.ts';
import { goodClaims, hs256 } from '../support/tokens.ts';

const issuer = useIssuer();
const first = await newKey('1');
const second = await newKey('2');
/** Another key under the first one's name, as after a reset of the issuer's database. */
const reset = await newKey('1');

let log: string[] = [];
beforeEach(() => {
  log = [];
  issuer.fetches = 0;
  issuer.publish(first);
});
afterEach(() => vi.useRealTimers());

interface Change {
  algorithms?: string[];
  cooldownMs?: number;
  timeoutMs?: number;
  url?: URL;
  checked?: (cached: boolean) => void;
}

function verifier({ algorithms = ['EdDSA'], url = issuer.url, checked, ...rest }: Change = {}) {
  const keys = new KeySet({ url, algorithms, log: (line) => log.push(line), ...rest });
  const rules = { ...PARTY, algorithms, userIdClaim: 'user_id', maxAge: 86_400 };
  return createVerifier(rules, keys, checked);
}

const reasonOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(AuthenticationError);
  return (error as AuthenticationError).reason;
};

/** Lets the cool-down pass. Only our clock for it moves; HTTP goes on in real time. */
const later = (ms: number) => vi.advanceTimersByTime(ms);
const useClock = () => vi.useFakeTimers({ toFake: ['performance'] });

describe('keys are fetched once and kept', () => {
  test('nothing is fetched before the first token', async () => {
    verifier();
    await sleep(20);
    expect(issuer.fetches).toBe(0);
  });

  test('many first tokens at once are one fetch', async () => {
    const verify = verifier();
    const tokens = await Promise.all(
      Array.from({ length: 20 }, (_, i) => sign(first, { user_id: i + 1 })),
    );
    const people = await Promise.all(tokens.map(verify));
    expect(people.map(({ userId }) => userId)).toEqual(tokens.map((_, i) => i + 1));
    expect(issuer.fetches).toBe(1);
  });

  test.each(['EdDSA', 'Ed25519', 'ES256', 'ES384', 'ES512', 'RS256', 'PS256'])(
    'a key for %s verifies what it signed',
    async (alg) => {
      const key = await newKey('k', alg);
      issuer.publish(key);
      expect(await verifier({ algorithms: [alg] })(await sign(key))).toMatchObject({ userId: 7 });
    },
  );

  test('a token without kid is verified where only one key can be meant', async () => {
    const anonymous = { ...first, jwk: { ...first.jwk, kid: undefined } };
    expect(await verifier()(await sign(anonymous))).toMatchObject({ userId: 7 });
    issuer.publish(first, second);
    expect(await reasonOf(verifier()(await sign(anonymous)))).toMatch(/no key/);
  });

  test('of two keys with one name either verifies', async () => {
    issuer.publish(first, reset);
    const verify = verifier();
    expect(await verify(await sign(first))).toMatchObject({ userId: 7 });
    expect(await verify(await sign(reset))).toMatchObject({ userId: 7 });
  });
});

describe('a wrong token', () => {
  test('is refused before any fetch if its header is wrong', async () => {
    const verify = verifier();
    const shared = hs256({ alg: 'HS256', kid: '1' }, goodClaims(PARTY), randomBytes(32));
    expect(await reasonOf(verify(shared))).toBe('alg is not in JWT_ALGORITHMS');
    const none = hs256({ alg: 'none', kid: '1' }, goodClaims(PARTY), randomBytes(32));
    expect(await reasonOf(verify(none))).toBe('alg is not in JWT_ALGORITHMS');
    expect(issuer.fetches).toBe(0);
  });

  test('signed with the public key as a secret is refused, whatever it is called', async () => {
    const rsa = await newKey('1', 'RS256');
    issuer.publish(rsa);
    const forged = hs256(
      { alg: 'HS256', kid: '1' },
      goodClaims(PARTY),
      Buffer.from(`${rsa.jwk.n}`),
    );
    expect(await reasonOf(verifier({ algorithms: ['RS256'] })(forged))).toBe(
      'alg is not in JWT_ALGORITHMS',
    );
  });

  test('cannot pick an algorithm that its key is not for', async () => {
    const rsa = await newKey('1', 'RS256');
    issuer.publish(rsa);
    const verify = verifier({ algorithms: ['RS256', 'EdDSA'] });
    expect(await verify(await sign(rsa))).toMatchObject({ userId: 7 });
    expect(await reasonOf(verify(await sign(first)))).toMatch(/no key/);
  });

  test('naming another key set causes no request to it', async () => {
    const jku = JSON.stringify({ alg: 'EdDSA', kid: '1', jku: `${issuer.url}` });
    expect(await reasonOf(verifier()(hs256(jku, goodClaims(PARTY), randomBytes(32))))).toMatch(
      /brings its own key/,
    );
    expect(issuer.fetches).toBe(0);
  });

  test('signed with an unknown key under a known name is refused', async () => {
    expect(await reasonOf(verifier()(await sign(reset)))).toBe('signature does not match any key');
  });
});

describe('rotation', () => {
  test('an unknown kid is looked for once per cool-down', async () => {
    useClock();
    const verify = verifier();
    await verify(await sign(first));
    issuer.publish(first, second);
    const token = await sign(second);
    expect(await reasonOf(verify(token))).toMatch(/no key/);
    expect(issuer.fetches).toBe(1);
    later(10_000);
    expect(await verify(token)).toMatchObject({ userId: 7 });
    expect(await verify(await sign(first))).toMatchObject({ userId: 7 });
    expect(issuer.fetches).toBe(2);
  });

  test('a flood of made-up kids is one fetch per cool-down', async () => {
    useClock();
    const verify = verifier();
    await verify(await sign(first));
    for (let round = 1; round <= 3; round++) {
      later(10_000);
      const tokens = await Promise.all(
        Array.from({ length: 30 }, (_, i) => sign(second, {}, `x${i}`)),
      );
      await Promise.all(tokens.map((token) => reasonOf(verify(token))));
      expect(issuer.fetches).toBe(1 + round);
    }
  });

  test('another key under the same kid is found by one fetch after a bad signature', async () => {
    useClock();
    const verify = verifier();
    const old = await sign(first);
    await verify(old);
    issuer.publish(reset);
    later(10_000);
    expect(await verify(await sign(reset))).toMatchObject({ userId: 7 });
    expect(issuer.fetches).toBe(2);
    expect(await reasonOf(verify(old)), 'the old key counts no more').toBe(
      'signature does not match any key',
    );
  });

  test('a flood of bad signatures is one fetch per cool-down', async () => {
    useClock();
    const verify = verifier();
    await verify(await sign(first));
    later(10_000);
    const tokens = await Promise.all(
      Array.from({ length: 30 }, (_, i) => sign(reset, { user_id: i + 1 })),
    );
    const reasons = await Promise.all(tokens.map((token) => reasonOf(verify(token))));
    expect(new Set(reasons)).toEqual(new Set(['signature does not match any key']));
    expect(issuer.fetches).toBe(2);
  });

  test('a key that the issuer withdrew stops counting, also for tokens seen before', async () => {
    useClock();
    const verify = verifier();
    const token = await sign(first);
    await verify(token);
    issuer.publish();
    later(5 * 60_000 + 1);
    await reasonOf(verify(await sign(second)));
    expect(await reasonOf(verify(token))).toMatch(/no key/);
    expect(log.join()).toContain('has no key for EdDSA');
  });

  test('keys are renewed in the background after five minutes, in the foreground after ten', async () => {
    useClock();
    const verify = verifier();
    await verify(await sign(first));
    issuer.publish(second);
    later(5 * 60_000 + 1);
    expect(await verify(await sign(first, { user_id: 8 }))).toMatchObject({ userId: 8 });
    // Waits for the fetch that the line above began.
    expect(await verify(await sign(second))).toMatchObject({ userId: 7 });
    expect(issuer.fetches).toBe(2);
    issuer.publish(reset);
    later(WITHDRAWN_WITHIN_MS + 1);
    expect(await reasonOf(verify(await sign(second, { user_id: 8 })))).toMatch(/no key/);
    expect(issuer.fetches).toBe(3);
  });
});

describe('a remembered token is worth no more than its key', () => {
  test('after five minutes its first use renews the keys, and its next use is refused', async () => {
    useClock();
    const verify = verifier();
    const token = await sign(first);
    await verify(token);
    issuer.publish(second);
    later(REFRESH_AFTER_MS - 1);
    expect(await verify(token)).toMatchObject({ userId: 7 });
    expect(issuer.fetches).toBe(1);
    later(2);
    expect(await verify(token)).toMatchObject({ userId: 7 });
    await expect.poll(() => reasonOf(verify(token))).toMatch(/no key/);
    expect(issuer.fetches).toBe(2);
  });

  test('after ten minutes without a request it is refused at once', async () => {
    useClock();
    const verify = verifier();
    const token = await sign(first);
    await verify(token);
    issuer.publish(second);
    later(WITHDRAWN_WITHIN_MS + 1);
    expect(await reasonOf(verify(token))).toMatch(/no key/);
  });

  test('a key set that has not changed keeps the token remembered', async () => {
    useClock();
    const cached: boolean[] = [];
    const verify = verifier({ checked: (hit) => cached.push(hit) });
    const token = await sign(first);
    await verify(token);
    // The first fetch was a change of the keys: nothing verified with it is remembered.
    await verify(token);
    later(WITHDRAWN_WITHIN_MS + 1);
    await verify(token);
    expect(issuer.fetches).toBe(2);
    expect(cached).toEqual([false, false, true]);
  });
});

describe('an issuer that cannot be reached', () => {
  afterEach(async () => {
    await issuer.stop();
    await issuer.start();
  });

  test('is our failure, not the token’s, while no key was ever had; and heals by itself', async () => {
    useClock();
    await issuer.stop();
    const verify = verifier();
    const token = await sign(first);
    await expect(verify(token)).rejects.toBeInstanceOf(KeysUnavailableError);
    await issuer.start();
    later(1000);
    expect(await verify(token)).toMatchObject({ userId: 7 });
    expect(log).toEqual([expect.stringMatching(/could not be fetched: .*ECONNREFUSED/)]);
  });

  test('leaves the known keys in use, and a line in the log', async () => {
    useClock();
    const verify = verifier();
    await verify(await sign(first));
    await issuer.stop();
    later(24 * 60 * 60_000);
    expect(await verify(await sign(first, { user_id: 8 }))).toMatchObject({ userId: 8 });
    expect(log).toEqual([expect.stringContaining('the known keys stay in use')]);
    later(10_000);
    expect(await reasonOf(verify(await sign(second)))).toMatch(/no key/);
  });
});

describe('an answer that is no key set counts as an issuer that cannot be reached', () => {
  const redirect = createServer((_request, response) => {
    elsewhere++;
    response.end(JSON.stringify({ keys: [first.jwk] }));
  });
  let elsewhere = 0;

  test.each<[string, string, typeof issuer.answer]>([
    [
      'an error',
      'status 500',
      (_q, r) => r.writeHead(500).end(JSON.stringify({ keys: [first.jwk] })),
    ],
    ['not found', 'status 404', (_q, r) => r.writeHead(404).end()],
    ['no content', 'status 204', (_q, r) => r.writeHead(204).end()],
    ['a page', 'not JSON', (_q, r) => r.end('<html>sign in</html>')],
    ['nothing', 'not JSON', (_q, r) => r.end()],
    ['a list', 'not a JWK Set', (_q, r) => r.end(JSON.stringify([first.jwk]))],
    ['one key', 'not a JWK Set', (_q, r) => r.end(JSON.stringify(first.jwk))],
    ['null', 'not a JWK Set', (_q, r) => r.end('null')],
    ['keys that are no list', 'not a JWK Set', (_q, r) => r.end('{"keys":{"0":{}}}')],
    ['half an answer', '', (_q, r) => r.write('{"keys":[', () => r.destroy())],
    [
      'more than 256 KB',
      'longer than',
      (_q, r) => r.end(`{"keys":[],"x":"${'x'.repeat(262_144)}"}`),
    ],
  ])('%s', async (_name, reason, answer) => {
    issuer.answer = answer;
    await expect(verifier()(await sign(first))).rejects.toBeInstanceOf(KeysUnavailableError);
    expect(log).toEqual([expect.stringContaining(reason)]);
    expect(log[0]).not.toContain('sign in');
  });

  test('an endless answer is cut off at 256 KB', async () => {
    let sent = 0;
    issuer.answer = (_request, response) => {
      const more = (): void => {
        if (response.destroyed) return;
        sent += 16_384;
        response.write(' '.repeat(16_384), () => setImmediate(more));
      };
      more();
    };
    await expect(verifier()(await sign(first))).rejects.toBeInstanceOf(KeysUnavailableError);
    expect(log).toEqual([expect.stringContaining('longer than 262144 bytes')]);
    expect(sent).toBeLessThan(8 * 1024 * 1024);
  });

  test.each([301, 302, 303, 307, 308])('a redirect (%i) is not followed', async (status) => {
    await new Promise<void>((resolve) => redirect.listen(0, '127.0.0.1', resolve));
    const { port } = redirect.address() as AddressInfo;
    issuer.answer = (_request, response) =>
      response.writeHead(status, { location: `http://127.0.0.1:${port}/jwks` }).end();
    await expect(verifier()(await sign(first))).rejects.toBeInstanceOf(KeysUnavailableError);
    expect(elsewhere).toBe(0);
    // The control: asked directly, the other server would have given the right key.
    const url = new URL(`http://127.0.0.1:${port}/jwks`);
    expect(await verifier({ url })(await sign(first))).toMatchObject({ userId: 7 });
    elsewhere = 0;
    redirect.closeAllConnections();
    await new Promise((resolve) => redirect.close(resolve));
  });

  test.each<[string, typeof issuer.answer]>([
    ['says nothing', () => {}],
    [
      'never ends',
      (_request, response) => {
        response.write('{"keys":[');
      },
    ],
  ])('an issuer that %s is given up after the timeout', UNLESS_BUSY, async (_name, answer) => {
    issuer.answer = answer;
    const began = performance.now();
    const verify = verifier({ timeoutMs: 150 });
    await expect(verify(await sign(first))).rejects.toBeInstanceOf(KeysUnavailableError);
    expect(performance.now() - began).toBeLessThan(2000);
    expect(log).toEqual([expect.stringMatching(/timeout/i)]);
  });
});
