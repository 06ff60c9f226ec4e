/** The token source that `npm run client` writes: how often it asks the sign-in service, and what it does after a 401. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { authorizedFetch, tokenSource } from '../../src/client/templates/token.ts';

const encode = (claims: object) => Buffer.from(JSON.stringify(claims)).toString('base64url');
let count = 0;
/** A token of `seconds`, each one different; signed when `now` says. */
const made = (seconds: number, now = Date.now()): string => {
  const iat = Math.floor(now / 1000);
  return `x.${encode({ iat, exp: iat + seconds, name: 'ÿ¿', n: count++ })}.x`;
};

describe('tokenSource', () => {
  const fetchToken = vi.fn<() => Promise<string>>();
  beforeEach(() => {
    vi.useFakeTimers();
    fetchToken.mockReset().mockImplementation(async () => made(300));
  });
  afterEach(() => void vi.useRealTimers());

  test('asks once for many who wait, and keeps the token until a minute before its expiry', async () => {
    const tokens = tokenSource(fetchToken);
    const all = await Promise.all([tokens.get(), tokens.get(), tokens.get()]);
    expect(new Set(all).size).toBe(1);
    vi.advanceTimersByTime(239_000);
    expect(await tokens.get()).toBe(all[0]);
    expect(fetchToken).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1_000);
    expect(await tokens.get()).not.toBe(all[0]);
    expect(fetchToken).toHaveBeenCalledTimes(2);
  });
  test('renews a token of 30 seconds after 15, not with every request', async () => {
    fetchToken.mockImplementation(async () => made(30));
    const tokens = tokenSource(fetchToken);
    await tokens.get();
    vi.advanceTimersByTime(14_000);
    await tokens.get();
    expect(fetchToken).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1_000);
    await tokens.get();
    expect(fetchToken).toHaveBeenCalledTimes(2);
  });
  test.each([-3600, 3600])('a clock that is %i s wrong changes nothing', async (wrong) => {
    fetchToken.mockImplementation(async () => made(300, Date.now() + wrong * 1000));
    const tokens = tokenSource(fetchToken);
    await tokens.get();
    vi.advanceTimersByTime(239_000);
    await tokens.get();
    expect(fetchToken).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1_000);
    await tokens.get();
    expect(fetchToken).toHaveBeenCalledTimes(2);
  });
  test('goes by exp alone where there is no iat', async () => {
    fetchToken.mockImplementation(
      async () => `x.${encode({ exp: Math.floor(Date.now() / 1000) + 300 })}.x`,
    );
    const tokens = tokenSource(fetchToken);
    await tokens.get();
    vi.advanceTimersByTime(230_000);
    await tokens.get();
    expect(fetchToken).toHaveBeenCalledTimes(1);
  });
  test('uses a token that it cannot read for one request', async () => {
    fetchToken.mockResolvedValue('opaque');
    const tokens = tokenSource(fetchToken);
    expect([await tokens.get(), await tokens.get()]).toEqual(['opaque', 'opaque']);
    expect(fetchToken).toHaveBeenCalledTimes(2);
  });
  test('a failed fetch reaches those who wait, and the next one asks again', async () => {
    fetchToken.mockRejectedValueOnce(new Error('offline'));
    const tokens = tokenSource(fetchToken);
    const both = await Promise.allSettled([tokens.get(), tokens.get()]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await tokens.get()).toMatch(/^x\./);
    expect(fetchToken).toHaveBeenCalledTimes(2);
  });
  test('renews a refused token once, also if several requests were refused with it', async () => {
    const tokens = tokenSource(fetchToken);
    const refused = await tokens.get();
    const renewed = await Promise.all([tokens.renew(refused), tokens.renew(refused)]);
    expect(new Set(renewed).size).toBe(1);
    expect(await tokens.renew(refused)).toBe(renewed[0]);
    expect(fetchToken).toHaveBeenCalledTimes(2);
  });
  test('never gives a token of before the sign-out, not even one that arrives later', async () => {
    let arrive = (_token: string) => {};
    fetchToken.mockImplementationOnce(() => new Promise((resolve) => (arrive = resolve)));
    const tokens = tokenSource(fetchToken);
    const old = tokens.get();
    tokens.forget();
    const own = await tokens.get();
    arrive(made(300));
    expect(await old).not.toBe(own);
    expect(await tokens.get()).toBe(own);
    tokens.forget();
    expect(await tokens.get()).not.toBe(own);
  });
});

describe('authorizedFetch', () => {
  let server: Server;
  let url: string;
  const seen: { authorization: string | undefined; body: string }[] = [];
  let accepted = (_authorization: string) => true;
  beforeEach(async () => {
    seen.length = 0;
    server = createServer(async (request, response) => {
      const { authorization = '' } = request.headers;
      let body = '';
      for await (const chunk of request) body += chunk;
      seen.push({ authorization, body });
      response.writeHead(accepted(authorization) ? 200 : 401).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  const source = (...tokens: string[]) => {
    const fetchToken = vi.fn(async () => tokens.shift() ?? 'last');
    return { send: authorizedFetch(tokenSource(fetchToken)), fetchToken };
  };
  const post = { method: 'POST', body: '{"query":"{ me { id } }"}' };

  test('adds the token and keeps everything else', async () => {
    accepted = () => true;
    const answer = await source('one').send(url, { ...post, headers: { accept: 'text/plain' } });
    expect(answer.status).toBe(200);
    expect(seen).toEqual([{ authorization: 'Bearer one', body: post.body }]);
  });
  test('sends the same request once more with another token after a 401', async () => {
    accepted = (authorization) => authorization === 'Bearer two';
    const send = () => source('one', 'two').send;
    for (const answer of [await send()(url, post), await send()(new Request(url, post))]) {
      expect(answer.status).toBe(200);
      expect(seen.splice(0, 2)).toEqual([
        { authorization: 'Bearer one', body: post.body },
        { authorization: 'Bearer two', body: post.body },
      ]);
    }
    expect(seen).toEqual([]);
  });
  test('gives up after the second refusal', async () => {
    accepted = () => false;
    expect((await source('one', 'two').send(url, post)).status).toBe(401);
    expect(seen).toHaveLength(2);
  });
  test('does not repeat with the same token', async () => {
    accepted = () => false;
    expect((await source('one', 'one').send(url, post)).status).toBe(401);
    expect(seen).toHaveLength(1);
  });
});
