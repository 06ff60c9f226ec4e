/**
 * The example as a user runs it: its own process, its own packages, a real Better Auth server beside a
 * real Rowguard server, and people who sign up over HTTP.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findChromium, launch } from '../support/browser.ts';
import { useTestDatabase } from '../support/database.ts';
import { freePort } from '../support/free-port.ts';
import { ROOT, runScript, type Started } from '../support/process.ts';
import { UNLESS_BUSY } from '../support/retry.ts';
import { useTestServer } from '../support/server.ts';

const EXAMPLE = join(import.meta.dirname, '../../examples/better-auth');
const installed = existsSync(join(EXAMPLE, 'node_modules/better-auth'));
if (!installed) {
  console.warn('skipped: Better Auth is not installed; npm ci --prefix examples/better-auth');
}

const ME = '{ me { id email tasks { nodes { title } } } }';
const CREATE =
  'mutation ($title: String!) { createTask(input: { task: { title: $title } }) { task { id } } }';

/** A session of one person with the Better Auth server: a cookie jar of one cookie. */
class Person {
  readonly email = `${randomBytes(6).toString('hex')}@example.com`;
  readonly #base: string;
  #cookie = '';

  constructor(base: string) {
    this.#base = base;
  }

  async call(path: string, body?: object): Promise<Response> {
    const response = await fetch(`${this.#base}/api/auth/${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { origin: this.#base, 'content-type': 'application/json', cookie: this.#cookie },
      ...(body && { body: JSON.stringify(body) }),
    });
    const cookies = response.headers.getSetCookie().map((line) => line.split(';')[0]);
    if (cookies.length > 0) this.#cookie = cookies.join('; ');
    return response;
  }

  async signUp(): Promise<this> {
    const body = { name: 'Somebody', email: this.email, password: 'correct horse' };
    expect((await this.call('sign-up/email', body)).status).toBe(200);
    return this;
  }

  async token(): Promise<string> {
    const answer = (await (await this.call('token')).json()) as { token: string };
    return answer.token;
  }
}

describe.skipIf(!installed)('with Better Auth', async () => {
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const database = useTestDatabase();
  let example: Started;
  const startExample = (lasting: boolean, env: Record<string, string> = {}) =>
    runScript(
      'examples/better-auth/server.ts',
      [],
      {
        DATABASE_URL: database.urls.owner.replace('postgresql:', 'postgresql+psycopg2:'),
        AUTH_PORT: String(port),
        BETTER_AUTH_SECRET: randomBytes(32).toString('hex'),
        ...env,
      },
      undefined,
      ROOT,
      lasting,
    );
  const stopExample = async () => {
    example.child.kill('SIGTERM');
    expect(await example.exit).toBe(0);
  };
  beforeAll(async () => {
    // Somebody whom Rowguard knows already, as Alice and Bob on the embedded database.
    await database.authenticator.query("select app_private.ensure_user(50, 'old@x.test', now())");
    example = startExample(true);
    await example.until(/is ready/);
  });
  afterAll(() => stopExample());
  const server = useTestServer(database, {
    identity: {
      key: new URL(`${base}/api/auth/jwks`),
      algorithms: ['EdDSA'],
      issuer: base,
      audience: base,
      userIdClaim: 'user_id',
      maxAge: 3600,
      // Rotations come close together here.
      cooldownMs: 50,
    },
  });
  const ask = async (token: string, query: string, variables?: object) =>
    server.ask(`Bearer ${token}`, query, variables);

  test('a token is what the recipe makes it', async () => {
    const token = await (await new Person(base).signUp()).token();
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'EdDSA', kid: '1' });
    const { user_id, sub, iss, aud, iat = 0, exp = 0 } = decodeJwt(token);
    expect({ user_id, iss, aud }).toEqual({ user_id: Number(sub), iss: base, aud: base });
    expect(exp - iat).toBe(900);
  });

  test('two people who sign up see their own tasks and nothing else', async () => {
    const people = [await new Person(base).signUp(), await new Person(base).signUp()];
    const tokens = await Promise.all(people.map((person) => person.token()));
    const made = [];
    for (const [i, token] of tokens.entries()) {
      const { body } = await ask(token, CREATE, { title: `task of ${i}` });
      made.push(body.data.createTask.task.id);
    }
    for (const [i, token] of tokens.entries()) {
      const { body } = await ask(token, ME);
      expect(body.data.me).toEqual({
        id: decodeJwt(token).user_id,
        email: people[i]?.email,
        tasks: { nodes: [{ title: `task of ${i}` }] },
      });
      const other = await ask(token, 'query ($id: Int!) { task(id: $id) { id } }', {
        id: made[1 - i],
      });
      expect(other.body.data).toEqual({ task: null });
    }
    const { rowCount } = await database.privileged.query('select from task where id = any($1)', [
      made,
    ]);
    expect(rowCount, 'the control: both tasks are there').toBe(2);
  });

  test('a session cookie or a session token is no API token', async () => {
    const person = await new Person(base).signUp();
    const session = (await (await person.call('get-session')).json()) as {
      session: { token: string };
    };
    expect((await ask(session.session.token, ME)).status).toBe(401);
  });

  test('a rotated key is found, and tokens of the one before stay good while it is published', async () => {
    const person = await new Person(base).signUp();
    const before = await person.token();
    expect((await ask(before, ME)).status).toBe(200);
    await database.owner.query(`update auth.jwks set "expiresAt" = now() - interval '1 second'`);
    const after = await rotated(person, before);
    await sleep(60);
    expect((await ask(after, ME)).status).toBe(200);
    expect((await ask(before, ME)).status).toBe(200);
  });

  test('after a reset the new key has the old name, and is found all the same', async () => {
    const person = await new Person(base).signUp();
    await database.owner.query('truncate auth.jwks restart identity');
    const before = await person.token();
    expect(decodeProtectedHeader(before).kid).toBe('1');
    await sleep(60);
    expect((await ask(before, ME)).status).toBe(200);
    await database.owner.query('truncate auth.jwks restart identity');
    const after = await person.token();
    expect(decodeProtectedHeader(after).kid).toBe('1');
    await sleep(60);
    expect((await ask(after, ME)).status).toBe(200);
    expect((await ask(before, ME)).status, 'the key of before the reset is gone').toBe(401);
  });

  test(
    'who is deleted at the issuer is deleted here, and the token says so',
    UNLESS_BUSY,
    async () => {
      const person = await new Person(base).signUp();
      const token = await person.token();
      const id = Number(decodeJwt(token).user_id);
      await ask(token, CREATE, { title: 'soon gone' });
      const counted = 'select count(*)::int as n from task where user_id = $1';
      expect((await database.privileged.query(counted, [id])).rows).toEqual([{ n: 1 }]);
      expect((await person.call('delete-user', { password: 'correct horse' })).status).toBe(200);
      expect((await database.privileged.query(counted, [id])).rows).toEqual([{ n: 0 }]);
      const began = Date.now();
      for (;;) {
        const answer = await ask(token, ME);
        if (answer.status === 403) {
          expect(answer.body.errors[0].extensions.code).toBe('ACCOUNT_DELETED');
          break;
        }
        expect(answer.body.data?.me ?? null, 'until then there is nothing to see').toBeNull();
        expect(Date.now() - began).toBeLessThan(6000);
        await sleep(50);
      }
    },
  );

  test('with another secret the keys are replaced, and people sign in again', async () => {
    const person = await new Person(base).signUp();
    const before = await person.token();
    await stopExample();
    example = startExample(true);
    await example.until(/is ready/);
    expect(example.output()).toContain('that BETTER_AUTH_SECRET cannot decrypt');
    expect((await person.call('token')).status, 'its cookie was signed with the secret').toBe(401);
    const body = { email: person.email, password: 'correct horse' };
    expect((await person.call('sign-in/email', body)).status).toBe(200);
    const after = await rotated(person, before);
    await sleep(60);
    expect((await ask(after, ME)).status).toBe(200);
    expect((await ask(before, ME)).status, 'its key may be known together with the secret').toBe(
      401,
    );
    expect(example.output()).not.toContain('WARN');
  });

  test('a taken port and a bad setting are a sentence', async () => {
    const second = startExample(false);
    expect(await second.exit).toBe(1);
    expect(second.output()).toBe(
      `rowguard: Port ${port} is in use by another program.\n` +
        `  Fix: choose another port: AUTH_PORT=${port + 1} npm start --prefix examples/better-auth\n`,
    );
    const third = startExample(false, { AUTH_PORT: 'x' });
    expect(await third.exit).toBe(1);
    expect(third.output()).toMatch(/^rowguard: AUTH_PORT is not a port/);
  });

  describe('for a page', () => {
    const ORIGINS: [origin: string, trusted: boolean][] = [
      ['http://localhost:5173', true],
      ['http://127.0.0.1:5173', true],
      ['https://localhost:5173', false],
      ['http://localhost.evil.example', false],
      ['http://127.0.0.1.evil.example', false],
      ['http://192.168.1.7:5173', false],
      ['null', false],
    ];
    test.each(ORIGINS)('of %s: trusted %s', async (origin, trusted) => {
      const url = `${base}/api/auth/sign-up/email`;
      const preflight = await fetch(url, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'content-type',
        },
      });
      const email = `${randomBytes(6).toString('hex')}@example.com`;
      const response = await fetch(url, {
        method: 'POST',
        headers: { origin, 'content-type': 'application/json', cookie: 'any=1' },
        body: JSON.stringify({ name: 'Somebody', email, password: 'correct horse' }),
      });
      for (const { headers } of [preflight, response]) {
        expect(headers.get('access-control-allow-origin')).toBe(trusted ? origin : null);
        expect(headers.get('access-control-allow-credentials')).toBe(trusted ? 'true' : null);
        expect(headers.get('vary')).toBe('origin');
      }
      expect([preflight.status, response.status]).toEqual(trusted ? [204, 200] : [403, 403]);
      const { rowCount } = await database.privileged.query(
        'select from auth."user" where email = $1',
        [email],
      );
      expect(rowCount).toBe(trusted ? 1 : 0);
    });
  });

  describe.skipIf(!findChromium('the sign-in server'))('in a browser, from another origin', () => {
    let browser: Browser;
    let pages: Server;
    beforeAll(async () => {
      browser = await launch();
      pages = createServer((_request, response) => {
        response.setHeader('content-type', 'text/html').end('<!doctype html><title>page</title>');
      });
      await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
    });
    afterAll(async () => {
      await browser?.close();
      pages?.close();
    });
    const portOfPages = () => (pages.address() as AddressInfo).port;

    /** Signs up and gets a token on a page, as fetch of a front end would. Returns the token's status. */
    const signUpOn = async (host: string): Promise<number | string> => {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(`http://${host}:${portOfPages()}/`);
      const email = `${randomBytes(6).toString('hex')}@example.com`;
      const status = await page.evaluate(`(async () => {
        const auth = 'http://${host}:${port}/api/auth';
        await fetch(auth + '/sign-up/email', {
          method: 'POST',
          credentials: 'include',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ name: 'A', email: '${email}', password: 'correct horse' }),
        });
        const response = await fetch(auth + '/token', { credentials: 'include' });
        return (await response.json()).token ? response.status : 'no token';
      })().catch((error) => error.message)`);
      await context.close();
      return status as number | string;
    };

    test.each(['localhost', '127.0.0.1'])(
      'a page on %s signs up and gets a token',
      async (host) => {
        expect(await signUpOn(host)).toBe(200);
      },
    );

    test('a page that is not trusted reads nothing', async () => {
      // Chromium resolves every name below localhost to this machine.
      expect(await signUpOn('evil.localhost')).toBe('Failed to fetch');
    });
  });

  test('nobody who signs up gets an id that somebody here has already', async () => {
    const token = await (await new Person(base).signUp()).token();
    expect(Number(decodeJwt(token).user_id)).toBeGreaterThan(50);
    const { rows } = await database.privileged.query('select min(id) from auth."user"');
    expect(rows).toEqual([{ min: 51 }]);
  });

  test('its tables are open to nobody but the owner', async () => {
    const { rows } = await database.privileged.query(
      `select c.relname, coalesce(a.grantee, c.relowner)::regrole::text as who
       from pg_class as c left join lateral aclexplode(c.relacl) as a on true
       where c.relnamespace = 'auth'::regnamespace and c.relkind in ('r', 'S')`,
    );
    expect(rows.length).toBeGreaterThan(4);
    expect([...new Set(rows.map(({ who }) => who))]).toEqual(['todo_owner']);
  });

  /** Better Auth makes a new key with the first token that finds the old one expired. */
  async function rotated(person: Person, before: string): Promise<string> {
    const token = await person.token();
    expect(decodeProtectedHeader(token).kid).not.toBe(decodeProtectedHeader(before).kid);
    return token;
  }
});
