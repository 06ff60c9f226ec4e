/** Who may pass, and what the others are told: status, challenge and body to the byte. */
import { randomBytes } from 'node:crypto';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import express from 'express';
import { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Users } from '../../src/accounts/users.ts';
import { authenticate, ensureAccount } from '../../src/http/authenticate.ts';
import { openVerifier } from '../../src/identity/open.ts';
import { useTestDatabase } from '../support/database.ts';
import { newKey, PARTY, sign, useIssuer } from '../support/issuer.ts';
import { UNLESS_BUSY } from '../support/retry.ts';
import { emailOf, useTestServer } from '../support/server.ts';
import { base64url, goodClaims, HEADER, hs256 } from '../support/tokens.ts';

const secret = randomBytes(32);
const RULES = { ...PARTY, userIdClaim: 'user_id', maxAge: 3600 };
const good = (change: object = {}) => hs256(HEADER, goodClaims(PARTY, change), secret);
const BODY = (message: string, code: string) =>
  JSON.stringify({ errors: [{ message, extensions: { code } }] });
const INVALID = BODY('The token is not valid.', 'UNAUTHENTICATED');
const MISSING = BODY('Send a token: Authorization: Bearer <token>.', 'UNAUTHENTICATED');

/** The server's front over a database that is not there: whoever asks it anything gets no 401. */
function useAppWithoutDatabase(key: () => Uint8Array | URL, algorithms: string[]) {
  const pool = new Pool({ host: '127.0.0.1', port: 1, user: 'nobody', database: 'nowhere' });
  pool.on('error', () => {});
  const log: string[] = [];
  let server: Server;
  beforeAll(async () => {
    const verify = openVerifier({ ...RULES, key: key(), algorithms }, (line) => log.push(line));
    const users = new Users(pool, () => {});
    const app = express().set('env', 'test');
    app.post('/graphql', authenticate(verify), ensureAccount(users), (_request, response) => {
      response.send('passed');
    });
    server = createServer(app);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await pool.end();
  });
  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  const post = async (authorization?: string, path = url()) => {
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(authorization && { authorization }) },
      body: '{"query":"{ me { id } }"}',
    });
    return {
      status: response.status,
      challenge: response.headers.get('www-authenticate'),
      retryAfter: response.headers.get('retry-after'),
      body: await response.text(),
    };
  };
  /** How many connections anybody wanted of the pool since the last time. */
  let wanted = 0;
  pool.connect = new Proxy(pool.connect, {
    apply(connect, self, args) {
      wanted++;
      return Reflect.apply(connect, self, args);
    },
  });
  const connections = () => {
    const count = wanted;
    wanted = 0;
    return count;
  };
  return { post, url, connections, log };
}

describe('without a database connection', () => {
  const app = useAppWithoutDatabase(() => secret, ['HS256']);

  test('the control: a good token passes, and then asks the database', async () => {
    const { status } = await app.post(`Bearer ${good()}`);
    expect(status).toBeGreaterThanOrEqual(500);
    expect(app.connections()).toBe(1);
  });

  test('no token is 401 with a bare challenge', async () => {
    expect(await app.post()).toEqual({
      status: 401,
      challenge: 'Bearer',
      retryAfter: null,
      body: MISSING,
    });
    expect(app.connections()).toBe(0);
  });

  const [head, body, signature] = good().split('.');
  test.each<[string, string]>([
    ['another scheme', 'Basic dXNlcjpwYXNz'],
    ['no token after the scheme', 'Bearer'],
    ['something that is no token', 'Bearer token'],
    ['two tokens', `Bearer ${good()} ${good()}`],
    ['an unsigned token', `Bearer ${base64url({ alg: 'none' })}.${body}.`],
    ['a token that says alg none', `Bearer ${base64url({ alg: 'none' })}.${body}.${signature}`],
    ['a token of another key', `Bearer ${hs256(HEADER, goodClaims(PARTY), randomBytes(32))}`],
    [
      'a changed payload',
      `Bearer ${head}.${base64url(goodClaims(PARTY, { user_id: 1 }))}.${signature}`,
    ],
    ['an expired token', `Bearer ${good({ iat: 1_700_000_000, exp: 1_700_000_900 })}`],
    ['a token of the future', `Bearer ${good({ nbf: Date.now() / 1000 + 60 })}`],
    ['a token that lives too long', `Bearer ${good({ exp: Date.now() / 1000 + 86_400 })}`],
    ['a token of another issuer', `Bearer ${good({ iss: 'https://evil.test' })}`],
    ['a token for somebody else', `Bearer ${good({ aud: 'other' })}`],
    ['a token without user_id', `Bearer ${good({ user_id: undefined })}`],
    ['a token with user_id 0', `Bearer ${good({ user_id: 0 })}`],
    ['a token with user_id "1_0"', `Bearer ${good({ user_id: '1_0' })}`],
    ['a token with a user_id no integer holds', `Bearer ${good({ user_id: 2_147_483_648 })}`],
    [
      'a token with an embedded key',
      `Bearer ${hs256({ ...HEADER, jwk: {} }, goodClaims(PARTY), secret)}`,
    ],
    ['a token of 5000 bytes', `Bearer ${good({ filler: 'x'.repeat(4000) })}`],
    ['a token with padding', `Bearer ${good()}=`],
  ])('%s is answered like every other bad token', async (_name, authorization) => {
    expect(await app.post(authorization)).toEqual({
      status: 401,
      challenge: 'Bearer error="invalid_token"',
      retryAfter: null,
      body: INVALID,
    });
    expect(app.connections()).toBe(0);
  });

  test('two Authorization headers are one too many, even if both are good', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sent = httpRequest(app.url(), { method: 'POST' }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.on('error', reject);
      sent.setHeader('authorization', [`Bearer ${good()}`, `Bearer ${good()}`]);
      sent.end();
    });
    expect(status).toBe(401);
    expect(app.connections()).toBe(0);
  });

  test('a token anywhere but in the header is no token', async () => {
    const response = await fetch(`${app.url()}?access_token=${good()}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', cookie: `token=${good()}` },
      body: `access_token=${good()}`,
    });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(app.connections()).toBe(0);
  });
});

describe('with an issuer that cannot be reached', () => {
  const issuer = useIssuer();
  const app = useAppWithoutDatabase(() => issuer.url, ['EdDSA']);

  test('a token that may be good is 503 with Retry-After, a bad one 401 all the same', async () => {
    const key = await newKey('1');
    issuer.answer = (_request, response) => response.writeHead(502).end();
    expect(await app.post(`Bearer ${await sign(key)}`)).toEqual({
      status: 503,
      challenge: null,
      retryAfter: '1',
      body: BODY('Tokens cannot be checked at the moment.', 'UNAVAILABLE'),
    });
    expect(await app.post(`Bearer ${good()}`)).toMatchObject({ status: 401, body: INVALID });
    expect(await app.post()).toMatchObject({ status: 401, challenge: 'Bearer', body: MISSING });
    expect(app.connections()).toBe(0);
    expect(app.log.join('\n')).toContain('status 502');
    expect(app.log.join('\n')).not.toContain('eyJ');
  });
});

describe('in development', () => {
  const database = useTestDatabase();
  const server = useTestServer(database);

  test('the terminal explains each reason once, with how to fix it', async () => {
    const bearer = (change: object) =>
      `Bearer ${hs256(HEADER, goodClaims(server.issuer, change), server.issuer.secret)}`;
    const now = Math.floor(Date.now() / 1000);
    const tokens = [
      { aud: 'canary/' },
      { aud: 'canary' },
      { iat: now - 900, exp: now - 100 },
      { iat: now - 900, exp: now - 200 },
    ];
    for (const change of tokens) {
      expect((await server.ask(bearer(change), '{ me { id } }')).status).toBe(401);
    }
    expect((await server.ask(null, '{ me { id } }')).status).toBe(401);
    expect(server.log).toEqual([
      expect.stringMatching(
        /^A token was refused: aud is not JWT_AUDIENCE\.\n {2}Fix: set JWT_AUD/,
      ),
      expect.stringMatching(/^A token was refused: expired 10\d s ago\.\n {2}Fix: get a new token/),
    ]);
  });
});

describe('an account', () => {
  const database = useTestDatabase();
  const server = useTestServer(database);
  const { issuer } = server;
  const elsewhere = useTestServer(database, {
    identity: { ...issuer, key: issuer.secret, algorithms: ['HS256'], maxAge: 3600 },
  });
  const bearer = (change: object) =>
    `Bearer ${hs256(HEADER, goodClaims(issuer, change), issuer.secret)}`;
  const ME = '{ me { id email } }';
  const DELETE = 'mutation { deleteMe(input: {}) { __typename } }';

  test('begins with the first request, and follows the address of the token', async () => {
    const now = Math.floor(Date.now() / 1000);
    const first = await server.ask(bearer({ user_id: 41, email: 'a@41.test', iat: now - 60 }), ME);
    expect(first.body).toEqual({ data: { me: { id: 41, email: 'a@41.test' } } });
    const second = await server.ask(bearer({ user_id: '41', email: 'b@41.test' }), ME);
    expect(second.body).toEqual({ data: { me: { id: 41, email: 'b@41.test' } } });
  });

  test('with an address of somebody else is 409 EMAIL_TAKEN, and both stay as they were', async () => {
    await server.ask(42, ME);
    const answer = await server.ask(bearer({ user_id: 43, email: emailOf(42) }), ME);
    expect(answer.status).toBe(409);
    expect(answer.body).toEqual({
      errors: [
        {
          message: 'The e-mail address of this token belongs to another account.',
          extensions: { code: 'EMAIL_TAKEN' },
        },
      ],
    });
    const { rows } = await database.privileged.query(
      'select id, email from "user" where id in (42, 43)',
    );
    expect(rows).toEqual([{ id: 42, email: emailOf(42) }]);
  });

  test('without an address is 400 for a new person and fine for a known one', async () => {
    const silent = bearer({ user_id: 44, email: undefined });
    const refused = await server.ask(silent, ME);
    expect(refused.status).toBe(400);
    expect(refused.body.errors[0].extensions.code).toBe('BAD_USER_INPUT');
    await server.ask(44, ME);
    expect((await server.ask(silent, ME)).body.data.me.email).toBe(emailOf(44));
  });

  test('survives many first requests at once', async () => {
    const tokens = Array.from({ length: 20 }, (_, i) =>
      bearer({ user_id: 45, email: '45@x.test', jti: i }),
    );
    const answers = await Promise.all(tokens.map((token) => server.ask(token, ME)));
    expect(answers.map(({ status }) => status)).toEqual(tokens.map(() => 200));
    const { rows } = await database.privileged.query('select email from "user" where id = 45');
    expect(rows).toEqual([{ email: '45@x.test' }]);
  });

  test('ends with deleteMe: the very next request with the old token is 403', async () => {
    const now = () => Math.floor(Date.now() / 1000);
    const old = bearer({ user_id: 46, email: '46@x.test', iat: now() - 60 });
    const create = 'mutation { createTask(input: { task: { title: "x" } }) { task { id } } }';
    expect((await server.ask(old, create)).body.errors).toBeUndefined();
    expect((await server.ask(old, DELETE)).body.errors).toBeUndefined();
    for (const query of [ME, create, DELETE]) {
      const answer = await server.ask(old, query);
      expect(answer.status).toBe(403);
      expect(answer.body.errors[0].extensions.code).toBe('ACCOUNT_DELETED');
    }
    const gone = 'select from "user" where id = 46 union all select from task where user_id = 46';
    expect((await database.privileged.query(gone)).rowCount).toBe(0);

    const fresh = bearer({ user_id: 46, email: '46@x.test', iat: now() + 2 });
    expect((await server.ask(fresh, '{ tasks { totalCount } }')).body).toEqual({
      data: { tasks: { totalCount: 0 } },
    });
    expect((await server.ask(old, ME)).status, 'the old token stays refused').toBe(403);
    expect((await server.ask(fresh, ME)).status).toBe(200);
  });

  // Another person in each try: this one's account ends.
  let person = 470;
  test('deleted at one server is refused by the other in seconds', UNLESS_BUSY, async () => {
    const id = ++person;
    const old = bearer({ user_id: id, email: `${id}@x.test`, iat: Date.now() / 1000 - 60 });
    expect((await elsewhere.ask(old, ME)).body.data.me.id).toBe(id);
    expect((await server.ask(old, DELETE)).status).toBe(200);
    const began = Date.now();
    for (;;) {
      const answer = await elsewhere.ask(old, ME);
      if (answer.status === 403) break;
      expect(answer.body.data, 'until then there is nothing to see').toBeNull();
      expect(answer.body.errors[0].extensions.code).toBe('ACCOUNT_DELETED');
      expect(Date.now() - began).toBeLessThan(6000);
      await sleep(100);
    }
  });
});
