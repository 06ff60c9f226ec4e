/** The commands beside a running server: their output, and the errors of wrong command lines. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openClient, withClient } from '../../src/database/connect.ts';
import { stoppedDatabase } from '../support/made.ts';
import {
  LIST,
  query,
  ready,
  runOnce,
  type Started,
  shippedRoot,
  start,
  startDetached,
  stopDetached,
  temporaryDirectory,
} from '../support/process.ts';

let server: Started;
let directory: string;
let url: string;

beforeAll(async () => {
  ({ server, directory } = await startDetached(stoppedDatabase));
  ({ url } = await ready(server));
});
afterAll(() => stopDetached(server, directory));

const run = (script: string, ...args: string[]) =>
  runOnce(`src/cli/${script}.ts`, args, { DATA_DIR: join(directory, 'data') });

const hasPsql = (() => {
  try {
    execFileSync('psql', ['--version']);
    return true;
  } catch {
    console.warn('skipped: the tests that open psql, because psql is not installed');
    return false;
  }
})();

describe('npm run psql', () => {
  test.runIf(hasPsql)('opens psql as that person, whoever they claim to be', async () => {
    const alice = await run(
      'psql',
      'alice@example.com',
      '-Atc',
      'select title from task order by id',
    );
    expect(alice.stdout).toBe('Buy oat milk\nBook the dentist\nRead chapter three\n');
    const bob = await run(
      'psql',
      '2',
      '-Atc',
      "set jwt.claims.user_id = '1'",
      '-c',
      'select title from task order by id',
    );
    expect(bob.stdout).toBe('SET\nWater the plants\nCall the landlord\n');
  });

  test.runIf(hasPsql)("hands on psql's exit code", async () => {
    const { code, stderr } = await run('psql', '2', '-c', 'select nonsense');
    expect(code).toBe(1);
    expect(stderr).toContain('column "nonsense" does not exist');
  });

  test('grants a login for any tool, the same until it is revoked', async () => {
    const granted = (await run('psql', 'grant', 'bob@example.com')).stdout.trim();
    expect(granted).toMatch(/^postgresql:\/\/todo_psql_2:[\w-]{32}@127\.0\.0\.1:\d+\/todo$/);
    expect((await run('psql', 'grant', '2')).stdout.trim()).toBe(granted);
    const client = await openClient(granted);
    expect((await client.query('select title from task order by id limit 1')).rows).toEqual([
      { title: 'Water the plants' },
    ]);

    expect((await run('psql', 'revoke', '2')).stderr).toContain(
      'bob@example.com no longer has a login.',
    );
    await expect(client.query('select 1')).rejects.toThrow();
    await client.end().catch(() => {});
    await expect(openClient(granted)).rejects.toThrow();
    expect((await run('psql', 'revoke', '2')).stderr).toContain('bob@example.com had no login.');
    expect((await run('psql', 'grant', '2')).stdout.trim()).not.toBe(granted);
  });

  test('says so when a login has as many sessions as it may', async () => {
    const granted = (await run('psql', 'grant', '1')).stdout.trim();
    const clients = await Promise.all(Array.from({ length: 3 }, () => openClient(granted)));
    try {
      const { code, stderr } = await run('psql', '1');
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /has as many sessions open .*\n {2}Fix: close one .* revoke alice@example.com/,
      );
    } finally {
      for (const client of clients) await client.end();
    }
  });

  test.each([
    [
      'an unknown address',
      ['nobody@example.com'],
      1,
      'There is no user with the e-mail address nobody@example.com.',
    ],
    ['an unknown id', ['99'], 1, 'There is no user with the id 99.'],
    ['nothing at all', [], 2, 'Whose login?'],
    ['grant without a name', ['grant'], 2, 'grant needs an id or an e-mail address.'],
  ])('says what is wrong with %s', async (_name, args, code, sentence) => {
    const answer = await run('psql', ...args);
    expect(answer.code).toBe(code);
    expect(answer.stderr).toContain(sentence);
  });

  test('says what to install where there is no psql', async () => {
    const { code, stderr } = await runOnce('src/cli/psql.ts', ['1'], {
      DATA_DIR: join(directory, 'data'),
      PATH: '/nowhere',
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/psql is not installed\.\n {2}Fix: install/);
  });
});

describe('npm run token', () => {
  test('signs a token that the running server takes, and its first request makes the user', async () => {
    const { stdout } = await run('token', '--user-id', '3', '--email', 'carol@example.com');
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${stdout.trim()}` },
      body: JSON.stringify({ query: '{ me { id email } tasks { totalCount } }' }),
    });
    expect(await response.json()).toEqual({
      data: { me: { id: 3, email: 'carol@example.com' }, tasks: { totalCount: 0 } },
    });
  });

  test.each([
    ['no id', ['--email', 'a@b.c'], '--user-id is missing.'],
    ['a bad id', ['--user-id', '0', '--email', 'a@b.c'], '--user-id must be a whole number'],
    ['no address', ['--user-id', '1'], '--email is missing.'],
    ['an unknown option', ['--userid', '1'], "Unknown option '--userid'"],
  ])('says what is wrong with %s', async (_name, args, sentence) => {
    const { code, stderr } = await run('token', ...args);
    expect(code).toBe(2);
    expect(stderr).toContain(sentence);
    expect(stderr).toContain('Usage: npm run token');
  });
});

describe('npm run db', () => {
  test('prints URLs that work', async () => {
    for (const login of ['owner', 'authenticator']) {
      const { stdout } = await run('db', 'url', login);
      const { rows } = await withClient(stdout.trim(), (client) =>
        client.query('select session_user'),
      );
      expect(rows).toEqual([{ session_user: `todo_${login}` }]);
    }
  });

  test('migrates what is migrated already, and its status is clean', async () => {
    expect((await run('db', 'migrate')).code).toBe(0);
    const { code, stdout } = await run('db', 'status');
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'Up to date.\n' });
  });

  test.each([
    ['no command', [], 2, 'Which command?'],
    ['an unknown command', ['verify'], 2, 'There is no command verify.'],
    ['reset without a yes', ['reset'], 1, 'reset deletes all data of the database.'],
  ])('says what is wrong with %s', async (_name, args, code, sentence) => {
    const answer = await run('db', ...args);
    expect(answer.code).toBe(code);
    expect(answer.stderr).toContain(sentence);
  });
});

test('commands before the first npm start say what to run, and change no file', async () => {
  const DATA_DIR = join(temporaryDirectory(), 'data');
  const chain = () => readdirSync(join(shippedRoot(), 'migrations/committed'));
  const before = chain();
  for (const [script, ...args] of [
    ['psql', 'grant', '1'],
    ['psql', 'alice@example.com'],
    ['doctor'],
    ['db', 'uncommit', '--yes'],
  ]) {
    const { code, stderr } = await runOnce(`src/cli/${script}.ts`, args, { DATA_DIR });
    expect(stderr).toMatch(/has not been migrated\.\n {2}Fix: run npm start once/);
    expect(code).toBe(1);
  }
  expect(chain()).toEqual(before);
});

describe('npm run doctor', () => {
  test('finds nothing in the embedded database', async () => {
    const { code, stdout } = await run('doctor');
    expect(stdout).toMatch(/^(0 errors|The doctor found nothing)/m);
    expect(code).toBe(0);
  });
});

// The last one: it stops the server of all the others.
test('db reset empties a database that nobody uses, and the next start fills it as a first one does', async () => {
  server.child.kill('SIGTERM');
  expect(await server.exit).toBe(0);
  const { code, stderr } = await run('db', 'reset', '--yes');
  expect(stderr).toContain('The database is empty and migrated.');
  expect(code).toBe(0);
  const again = await ready(start(directory));
  const { data } = await query(again.url, again.tokens[0], LIST);
  expect(data.tasks.nodes.map(({ id }: { id: number }) => id)).toEqual([3, 2, 1]);
});
