/** `npm run db -- commit`, `uncommit`, `status` and `reset`, on a database given by URL. */
import { chmodSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, inject, test } from 'vitest';
import { useCheckout } from '../support/checkout.ts';
import { useTestDatabase } from '../support/database.ts';
import { addTask, addUser } from '../support/people.ts';
import { runOnce } from '../support/process.ts';

const database = useTestDatabase();
const env = () => ({
  DATABASE_URL: database.urls.owner,
  AUTH_DATABASE_URL: database.urls.authenticator,
  ROOT_DATABASE_URL: inject('rootUrl'),
  JWT_SECRET: 'not-used-by-these-commands-at-all',
  JWT_ISSUER: 'https://sign-in.example.com',
  JWT_AUDIENCE: 'rowguard',
});
const checkout = useCheckout(env);

const committed = () => readdirSync(join(checkout.root, 'migrations/committed')).sort();
const before = committed();

const INDEX = `drop index if exists public.task_user_id_title_idx;
create index task_user_id_title_idx on public.task (user_id, title, id);
comment on index public.task_user_id_title_idx is 'By title.';`;

async function shadows(): Promise<number> {
  const { rows } = await database.privileged.query('select from pg_database where datname = $1', [
    `${database.name}_shadow`,
  ]);
  return rows.length;
}

beforeEach(() => checkout.save(''));

test('what is in current.sql is committed with its snapshots, and taken back again', {
  timeout: 180_000,
}, async () => {
  const snapshots = () => [
    checkout.read('test/app/schema.sql'),
    checkout.read('test/app/schema.graphql'),
  ];
  const [sql = '', api = ''] = snapshots();
  checkout.save(
    `${INDEX}\ncomment on column public.task.title is 'What there is to do: 1 to 200 characters, not blank.';`,
  );
  expect((await checkout.db('status')).code).toBe(2);

  const done = await checkout.db('commit', '-m', 'by title');
  expect(done).toMatchObject({ code: 0, stderr: expect.stringMatching(/^Committed\./m) });
  const file = committed().at(-1) ?? '';
  expect(file).toMatch(/^\d{6}-by-title\.sql$/);
  expect(checkout.read(`migrations/committed/${file}`)).toContain(
    'create index task_user_id_title_idx',
  );
  expect(checkout.read('migrations/current.sql')).toBe(checkout.blank);
  expect(snapshots()[0]).toContain('CREATE INDEX task_user_id_title_idx');
  expect(snapshots()[1]).toContain('What there is to do: 1 to 200');
  expect(await checkout.db('status')).toMatchObject({ code: 0, stdout: 'Up to date.\n' });
  expect(await shadows()).toBe(0);

  const asked = await checkout.db('uncommit');
  expect(asked).toMatchObject({ code: 1, stderr: expect.stringContaining('uncommit --yes') });
  expect(committed()).toContain(file);
  expect((await checkout.db('uncommit', '--yes')).code).toBe(0);
  expect(committed()).toEqual(before);
  expect(checkout.read('migrations/current.sql')).toContain('create index task_user_id_title_idx');
  expect(snapshots()).toEqual([sql, api]);
  expect(await shadows()).toBe(0);
  await database.owner.query('drop index public.task_user_id_title_idx');
});

/** Nothing of a refused commit is left: neither file, nor shadow, nor table. */
async function refused(sql: string): Promise<string> {
  checkout.save(sql);
  const { code, stderr } = await checkout.db('commit', '-m', 'refused');
  expect(code).toBe(1);
  expect(committed()).toEqual(before);
  expect(checkout.read('migrations/current.sql')).toContain(sql.trim());
  expect(await shadows()).toBe(0);
  return stderr;
}

test('SQL that runs once and not twice is not committed', { timeout: 180_000 }, async () => {
  const twice = INDEX.slice(INDEX.indexOf('\n') + 1);
  expect(await refused(twice)).toMatch(
    /it runs a second time:\nmigrations\/current\.sql:\d+:1: relation "task_user_id_title_idx" already exists/,
  );
});

test('SQL that leaves another schema the second time is not committed', {
  timeout: 180_000,
}, async () => {
  const growing = `do $$ begin execute format('create index on public.task (user_id, title, id)'); end $$;`;
  expect(await refused(growing)).toMatch(
    /leaves another schema when it runs a second time:\n {2}\+ CREATE INDEX/,
  );
});

test('an update that would silently touch nobody’s rows is not committed, on an empty database either', {
  timeout: 180_000,
}, async () => {
  expect(await refused('update public.task set title = btrim(title);')).toMatch(
    /row-level security policy for table "task"[\s\S]*FORCE row level security applies to the owner too/,
  );
  expect(await refused('do $$ begin delete from public.task where completed; end $$;')).toContain(
    'row-level security policy for table "task"',
  );
});

test('a data migration that forgets to restore FORCE is not committed', {
  timeout: 180_000,
}, async () => {
  const sql = dataMigration().replace('alter table public.task force row level security;', '');
  expect(await refused(sql)).toMatch(/error {2}RLS_NOT_FORCED {2}public\.task/);
});

/** As docs/conventions.md has it. */
function dataMigration(): string {
  const sql = /```sql data\n([\s\S]*?)```/.exec(checkout.read('docs/conventions.md'))?.[1] ?? '';
  expect(sql).toContain('update public.task');
  return sql;
}

test('a data migration by the conventions reaches everybody’s rows', {
  timeout: 180_000,
}, async () => {
  const people = [await addUser(database.privileged), await addUser(database.privileged)];
  for (const who of people) await addTask(database.privileged, who, '  spaced ');
  checkout.save(dataMigration());
  expect(await checkout.db('commit', '-m', 'trim titles')).toMatchObject({ code: 0 });
  const { rows } = await database.privileged.query(
    'select distinct title, relforcerowsecurity as forced from public.task, pg_class where user_id = any ($1) and pg_class.oid = $2::regclass',
    [people, 'public.task'],
  );
  expect(rows).toEqual([{ title: 'spaced', forced: true }]);
});

test('an invalid command line or a missing right is reported with its fix', {
  timeout: 180_000,
}, async () => {
  expect(await checkout.db('commit')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('-m'),
  });
  expect(await checkout.db('commit', '-m', 'nothing')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('current.sql contains no SQL'),
  });
  checkout.save(INDEX);
  const { ROOT_DATABASE_URL: _, ...withoutRoot } = env();
  const noRight = await runOnce('src/cli/db.ts', ['commit', '-m', 'x'], withoutRoot, checkout.root);
  expect(noRight.stderr).toMatch(
    /todo_owner may not create one\.\n {2}Fix: run alter role todo_owner createdb/,
  );
  expect(await checkout.db('reset')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('reset deletes all data'),
  });
  // This file's own connections are in it.
  expect(await checkout.db('reset', '--yes')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/The database is in use\.\n {2}Fix: stop the server/),
  });
  for (const command of ['reset', 'uncommit']) {
    const production = { ...env(), NODE_ENV: 'production' };
    const answer = await runOnce('src/cli/db.ts', [command, '--yes'], production, checkout.root);
    expect(answer).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('This is production'),
    });
  }
  expect(existsSync(join(checkout.root, 'migrations/current.sql'))).toBe(true);
});

test('uncommit over SQL in current.sql, and a missing current.sql, are refused with the fix', async () => {
  const files = committed();
  checkout.save(INDEX);
  expect(await checkout.db('uncommit', '--yes')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/current\.sql contains SQL, .*\n {2}Fix: commit that SQL/),
  });
  expect(committed()).toEqual(files);
  rmSync(join(checkout.root, 'migrations/current.sql'));
  for (const args of [['status'], ['commit', '-m', 'x']]) {
    const { code, stderr } = await checkout.db(...args);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^rowguard: migrations\/current\.sql cannot be read: .*\n {2}Fix: .*\n$/,
    );
  }
});

test('a second commit at the same time is refused at once', async () => {
  const files = committed();
  checkout.save(INDEX);
  await database.owner.query("select pg_advisory_lock(hashtext('rowguard shadow'))");
  try {
    const { code, stderr } = await checkout.db('commit', '-m', 'second');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^rowguard: Another commit or uncommit .* is running\.\n {2}Fix: wait/);
  } finally {
    await database.owner.query('select pg_advisory_unlock_all()');
  }
  expect(committed()).toEqual(files);
});

test('watch --once succeeds with 0, and shows where a text never ends', async () => {
  checkout.save(INDEX);
  expect(await checkout.db('watch', '--once')).toMatchObject({ code: 0 });
  checkout.save("\nselect 'never;");
  const { code, stderr } = await checkout.db('watch', '--once');
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /migrations\/current\.sql:\d+:8: Unclosed text block\. \(42601\)\n[\s\S]*\^/,
  );
  checkout.save('drop index if exists public.task_user_id_title_idx;');
  expect(await checkout.db('watch', '--once')).toMatchObject({ code: 0 });
});

// The last test: the database of this file lacks a migration afterwards.
test('an edited committed file is named, with the fix', async () => {
  const file = committed().at(-1) ?? '';
  const path = join(checkout.root, 'migrations/committed', file);
  const text = checkout.read(`migrations/committed/${file}`);
  chmodSync(path, 0o600);
  writeFileSync(path, `${text}\n-- edited`);
  await database.owner.query('delete from graphile_migrate.migrations where filename = $1', [
    `${file.slice(0, 6)}.sql`,
  ]);
  const { code, stderr } = await checkout.db('migrate');
  writeFileSync(path, text);
  expect(code).toBe(1);
  expect(stderr).toContain(`rowguard: The committed migration ${file} was edited`);
  expect(stderr).toContain(`Fix: restore it (git checkout migrations/committed/${file})`);
  expect(stderr).not.toMatch(/^ {4}at /m);
});
