/** A database of the user's own: migrate as the owner, start as todo_authenticator, in production. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { withClient } from '../../src/database/connect.ts';
import { signToken } from '../../src/identity/issuer.ts';
import { query, runOnce, runScript } from '../support/process.ts';

const name = `external_${randomBytes(6).toString('hex')}`;
const at = (url: string) => url.replace(/\/[^/]*$/, `/${name}`);
const secret = randomBytes(24).toString('base64url');
const env = () => ({
  NODE_ENV: 'production',
  AUTH_DATABASE_URL: at(inject('authenticatorUrl')),
  JWT_SECRET: secret,
  JWT_ISSUER: 'https://sign-in.example.com',
  JWT_AUDIENCE: 'rowguard',
});

const asRoot = (sql: string) => withClient(inject('rootUrl'), (root) => root.query(sql));
beforeAll(() => asRoot(`create database ${name} owner todo_owner`));
afterAll(() => asRoot(`drop database ${name}`));

test('before it is migrated the server says so and does not start', async () => {
  const started = runScript('src/main.ts', [], env());
  expect(await started.exit).toBe(1);
  expect(started.output()).toMatch(
    /(has not been migrated|refuses the login|lacks a privilege).*\n {2}Fix: .*npm run db -- migrate/,
  );
  expect(started.output()).not.toContain(new URL(env().AUTH_DATABASE_URL).password);
});

test('after db migrate it serves, without GraphiQL, and ends with 0 on SIGTERM', async () => {
  // Nobody's tokens are checked here, so nothing about them has to be set.
  const migrated = await runOnce('src/cli/db.ts', ['migrate'], {
    DATABASE_URL: at(inject('ownerUrl')),
    AUTH_DATABASE_URL: env().AUTH_DATABASE_URL,
  });
  expect(migrated.stderr).toContain('committed migrations executed');
  expect(migrated.code).toBe(0);

  const started = runScript('src/main.ts', [], env());
  const [, url = ''] = await started.until(/POST (http:\S+)\/graphql/);
  const token = await signToken(
    {
      secret: new TextEncoder().encode(secret),
      issuer: env().JWT_ISSUER,
      audience: env().JWT_AUDIENCE,
      userIdClaim: 'user_id',
    },
    { userId: 7, email: 'grace@example.com' },
    60,
  );
  expect(await query(url, token, '{ me { id email } }')).toEqual({
    data: { me: { id: 7, email: 'grace@example.com' } },
  });
  for (const path of ['/', '/graphql', '/ruru-static/ruru.js']) {
    const response = await fetch(url + path, { headers: { accept: 'text/html' } });
    expect(response.status, path).toBeGreaterThanOrEqual(400);
    expect(await response.text()).not.toContain('ruru');
  }
  started.child.kill('SIGTERM');
  expect(await started.exit).toBe(0);
});

test('a personal login is granted on it too, with an owner URL as Python writes it', async () => {
  const owner = at(inject('ownerUrl')).replace('postgresql:', 'postgresql+psycopg2:');
  const urls = { ...env(), DATABASE_URL: `${owner}?sslmode=prefer` };
  const grant = () => runOnce('src/cli/psql.ts', ['grant', 'grace@example.com'], urls);
  const granted = (await grant()).stdout.trim();
  expect(granted).toMatch(
    /^postgresql:\/\/todo_psql_7:[\w-]{32}@127\.0\.0\.1:\d+\/external_\w+\?sslmode=prefer$/,
  );
  const { rows } = await withClient(granted.replace(/\?.*/, ''), (client) =>
    client.query('select id, email from me()'),
  );
  expect(rows).toEqual([{ id: 7, email: 'grace@example.com' }]);
  // Nothing is kept here, so a second grant is a new password, and says so.
  const again = await grant();
  expect(again.stdout.trim()).not.toBe(granted);
  expect(again.stderr).toContain('earlier connection strings no longer work');
  expect((await runOnce('src/cli/psql.ts', ['revoke', '7'], urls)).code).toBe(0);
});

test('a wrong password is a sentence without it', async () => {
  const wrong = new URL(env().AUTH_DATABASE_URL);
  wrong.password = 'guess-me-not';
  const started = runScript('src/main.ts', [], { ...env(), AUTH_DATABASE_URL: wrong.href });
  expect(await started.exit).toBe(1);
  expect(started.output()).toContain('refuses the login');
  expect(started.output()).not.toContain('guess-me-not');
});

test('a database that is not there yet is waited for, and Ctrl-C still ends it', async () => {
  const started = runScript('src/main.ts', [], {
    ...env(),
    AUTH_DATABASE_URL: 'postgresql://todo_authenticator:x@127.0.0.1:1/todo',
  });
  await started.until(/Waiting for the database todo_authenticator@127\.0\.0\.1:\d+\/todo/);
  started.child.kill('SIGINT');
  expect(await started.exit).toBe(0);
});

test('db migrate with a wrong password, database or port: one sentence at once, without the password', async () => {
  const wrong = (change: (url: URL) => void) => {
    const url = new URL(at(inject('ownerUrl')));
    change(url);
    return url.href;
  };
  const cases: [string, RegExp][] = [
    [wrong((url) => (url.password = 'guess-me-not')), /refuses the login\.\n {2}Fix: correct/],
    [wrong((url) => (url.pathname = '/nowhere')), /does not exist\.\n {2}Fix: create it/],
    [wrong((url) => (url.port = '1')), /cannot be reached: .*\n {2}Fix: check the host/],
  ];
  for (const [DATABASE_URL, sentence] of cases) {
    const answer = await runOnce('src/cli/db.ts', ['migrate'], { ...env(), DATABASE_URL });
    expect(answer.code).toBe(1);
    expect(answer.stderr).toMatch(sentence);
    expect(answer.stderr).not.toMatch(/guess-me-not|^ {4}at /m);
  }
});
