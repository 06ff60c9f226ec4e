/** What can go wrong with `npm start`: one sentence with the fix for each, and no data is lost. */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { stoppedDatabase } from '../support/made.ts';
import {
  alive,
  LIST,
  postmaster,
  query,
  ready,
  runOnce,
  start,
  temporaryDirectory,
} from '../support/process.ts';

const root = process.getuid?.() === 0;

/** A port that somebody else listens on until the test ends. */
async function takenPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    server.close();
  });
  return (server.address() as { port: number }).port;
}

test('a port in use', async () => {
  const port = await takenPort();
  const started = start(await stoppedDatabase(), { PORT: String(port) });
  expect(await started.exit).toBe(1);
  expect(started.output()).toContain(
    `rowguard: Port ${port} on 127.0.0.1 is in use by another program.`,
  );
  expect(started.output()).toMatch(
    /Fix: stop that program, or choose another port: PORT=\d+ npm start/,
  );
});

test('npm run token beside a server with a sign-in service: it says that the token would be refused', async () => {
  const directory = await stoppedDatabase();
  const token = () =>
    runOnce('src/cli/token.ts', ['--user-id', '1', '--email', 'alice@example.com'], {
      DATA_DIR: join(directory, 'data'),
    });
  expect((await token()).stdout).toMatch(/^eyJ/);
  const server = start(directory, {
    JWKS_URL: 'http://127.0.0.1:9/jwks',
    JWT_ISSUER: 'http://127.0.0.1:9',
    JWT_AUDIENCE: 'http://127.0.0.1:9',
  });
  await server.until(/Rowguard is ready/);
  const { code, stdout, stderr } = await token();
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/would refuse this token\.\n {2}Fix: .*sign in at your issuer/);
  server.child.kill('SIGINT');
  expect(await server.exit).toBe(0);
});

test('a database port in use', async () => {
  const port = await takenPort();
  const started = start(await stoppedDatabase(), { EMBEDDED_PORT: String(port) });
  expect(await started.exit).toBe(1);
  expect(started.output()).toContain(
    'rowguard: The port for the embedded PostgreSQL is in use.\n  Fix: set EMBEDDED_PORT to another port',
  );
});

test('a second npm start beside the first is refused; when the first is killed, the next one has its data', async () => {
  const directory = await stoppedDatabase();
  const first = start(directory);
  const { url, tokens } = await ready(first);
  const second = start(directory);
  expect(await second.exit).toBe(1);
  expect(second.output()).toMatch(
    /^rowguard: Rowguard is already running on .*\n {2}Fix: stop that process/,
  );
  expect((await query(url, tokens[0], LIST)).data.tasks.nodes).toHaveLength(3);

  await query(
    url,
    tokens[0],
    'mutation { createTask(input: {task: {title: "Kept"}}) { task { id } } }',
  );
  const orphan = postmaster(directory);
  first.child.kill('SIGKILL');
  await first.exit;
  expect(alive(orphan)).toBe(true);

  const third = start(directory);
  const again = await ready(third);
  expect(third.output()).toContain(
    'Stopping the PostgreSQL that an earlier, killed run left behind',
  );
  expect(alive(orphan)).toBe(false);
  const { data } = await query(
    again.url,
    again.tokens[0],
    '{ tasks(first: 1) { nodes { title } } }',
  );
  expect(data.tasks.nodes).toEqual([{ title: 'Kept' }]);
});

test('half a database: it is moved aside, unchanged, and a new one is made', async () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'data/postgres'), { recursive: true });
  writeFileSync(join(directory, 'data/postgres/half'), 'written');
  const started = start(directory);
  await ready(started);
  expect(started.output()).toContain('was not a complete database');
  const aside = readdirSync(join(directory, 'data')).find((name) =>
    name.startsWith('postgres.incomplete-'),
  );
  expect(readFileSync(join(directory, 'data', aside ?? '', 'half'), 'utf8')).toBe('written');
});

test('lost passwords: the database is left alone', async () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'data/postgres/global'), { recursive: true });
  writeFileSync(join(directory, 'data/postgres/PG_VERSION'), '18\n');
  writeFileSync(join(directory, 'data/postgres/global/pg_control'), '');
  const started = start(directory);
  expect(await started.exit).toBe(1);
  expect(started.output()).toMatch(/secrets\.json is missing; .*\n {2}Fix: put the file back/);
  expect(existsSync(join(directory, 'data/postgres/global/pg_control'))).toBe(true);
});

test('a database of another PostgreSQL version', async () => {
  const directory = await stoppedDatabase();
  writeFileSync(join(directory, 'data/postgres/PG_VERSION'), '17\n');
  const started = start(directory);
  expect(await started.exit).toBe(1);
  expect(started.output()).toMatch(/was made by PostgreSQL 17; .*\n {2}Fix: move .* away/);
});

test.runIf(root)(
  "a directory that PostgreSQL cannot enter, and files that are another user's",
  async () => {
    const directory = await stoppedDatabase();
    chmodSync(directory, 0o700);
    const first = start(directory);
    expect(await first.exit).toBe(1);
    expect(first.output()).toContain(`cannot enter ${directory}.`);
    expect(first.output()).toContain(`chmod o+x ${directory}`);
    chmodSync(directory, 0o755);

    const home = join(directory, 'data/postgres');
    const { uid, gid } = statSync(home);
    chownSync(home, 0, 0);
    const second = start(directory);
    expect(await second.exit).toBe(1);
    expect(second.output()).toMatch(
      /PostgreSQL cannot read its directory .*\n {2}Fix: give the files back/,
    );
    chownSync(home, uid, gid);
    const { url, tokens } = await ready(start(directory));
    expect((await query(url, tokens[0], LIST)).data.tasks.nodes).toHaveLength(3);
  },
);

test('settings: every problem at once, without a secret', async () => {
  const started = start(temporaryDirectory(), {
    NODE_ENV: 'production',
    PORT: 'web',
    JWT_SECRET: 'hunter2',
    POOL_SIZE: '0',
  });
  expect(await started.exit).toBe(1);
  const problems = ['PORT must be', 'POOL_SIZE must be', 'JWT_SECRET must be at least 32 bytes'];
  for (const problem of [...problems, 'JWT_ISSUER', 'JWT_AUDIENCE', 'AUTH_DATABASE_URL']) {
    expect(started.output()).toContain(problem);
  }
  expect(started.output()).not.toContain('hunter2');
});
