/** A database that is not the one the code was written for: what differs, who says so, and who stops. */
import {
  chmodSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { createPool } from '../../src/database/pool.ts';
import { refuseDrift } from '../../src/migrate/boot-drift.ts';
import { readCommitted } from '../../src/migrate/committed.ts';
import { findDrift } from '../../src/migrate/drift.ts';
import { useTestDatabase } from '../support/database.ts';
import { addUser, usePsqlLogins } from '../support/people.ts';
import { shippedRoot } from '../support/process.ts';

const database = useTestDatabase();
const logins = usePsqlLogins(database);

const folder = mkdtempSync(join(tmpdir(), 'rowguard-drift-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const committed = join(folder, 'committed');
const last = () => readdirSync(committed).sort().at(-1) ?? '';

beforeEach(() => {
  rmSync(committed, { recursive: true, force: true });
  cpSync(join(shippedRoot(), 'migrations/committed'), committed, { recursive: true });
});
afterEach(async () => {
  await database.owner.query('drop index if exists public.by_hand_idx');
});

const drift = (client = database.authenticator) => findDrift(client, readCommitted(folder));

/** What a production server says at its start. */
async function start(): Promise<string> {
  const pool = createPool({
    connectionString: database.urls.authenticator,
    size: 1,
    waitMs: 5000,
    log: () => {},
  });
  const log: string[] = [];
  try {
    await refuseDrift(pool, readCommitted(folder), true, (line) => log.push(line));
    return `started ${log.join('\n')}`;
  } catch (error) {
    return `refused ${(error as Error).message}`;
  } finally {
    await pool.end();
  }
}

test('a database that the files made has none, for the owner and for the server’s login', async () => {
  expect(await drift(database.owner)).toEqual([]);
  expect(await drift()).toEqual([]);
  expect(await start()).toBe('started ');
});

test('a committed file that was edited is named, and not served', async () => {
  const file = last();
  chmodSync(join(committed, file), 0o640);
  writeFileSync(
    join(committed, file),
    `${readFileSync(join(committed, file), 'utf8')}\n-- edited\n`,
  );
  expect(await drift()).toEqual([{ kind: 'edited', files: [file] }]);
  expect(await start()).toMatch(new RegExp(`^refused [\\s\\S]*schema edited: ${file}`));
});

test('a file that has run here with other content is edited as well', async () => {
  const file = last();
  const filename = `${file.slice(0, 6)}.sql`;
  const hash = readCommitted(folder).at(-1)?.hash;
  const setHash = (value: string | undefined) =>
    database.owner.query('update graphile_migrate.migrations set hash = $1 where filename = $2', [
      value,
      filename,
    ]);
  await setHash('sha1:other');
  try {
    expect(await drift()).toEqual([{ kind: 'edited', files: [file] }]);
    expect(await start()).toContain(`schema edited: ${file}`);
  } finally {
    await setHash(hash);
  }
});

test('a database behind the code is not served, and the files that have not run are named', async () => {
  const text = `--! Previous: ${readCommitted(folder).at(-1)?.hash}\n--! Hash: sha1:0\n--! AllowInvalidHash\n\nselect 1;\n`;
  writeFileSync(join(committed, '000099-next.sql'), text);
  expect(await drift()).toEqual([{ kind: 'behind', files: ['000099-next.sql'] }]);
  expect(await start()).toContain('refused');
});

test('a database ahead of the code is not served either', async () => {
  const file = last();
  rmSync(join(committed, file));
  expect(await drift()).toEqual([{ kind: 'ahead', files: [`${file.slice(0, 6)}.sql`] }]);
  expect(await start()).toContain(`schema ahead: ${file.slice(0, 6)}.sql`);
});

test('a change by hand is seen until it is undone, and is served', async () => {
  await database.owner.query('create index by_hand_idx on public.task (user_id, title)');
  expect(await drift()).toEqual([{ kind: 'changed', files: [] }]);
  expect(await start()).toMatch(/^started schema changed by hand/);
  await database.owner.query('drop index public.by_hand_idx');
  expect(await drift()).toEqual([]);
});

test('work that is not committed yet is no change by hand', async () => {
  await database.owner.query('create index by_hand_idx on public.task (user_id, title)');
  const current = (content: string) =>
    database.owner.query(
      `insert into graphile_migrate.current (content) values ($1)
       on conflict (filename) do update set content = excluded.content`,
      [content],
    );
  await current('-- only words\n');
  expect(await drift()).toEqual([{ kind: 'changed', files: [] }]);
  await current('-- an index\ncreate index …');
  expect(await drift()).toEqual([]);
  await database.owner.query('delete from graphile_migrate.current');
});

test('nothing that a personal login can do looks like a change', async () => {
  const alice = await addUser(database.privileged);
  const login = await logins.open(await logins.grant(alice));
  await login.query('alter default privileges grant select on tables to public');
  const { rows } = await database.privileged.query(
    "select from pg_default_acl where defaclrole::regrole::text like 'todo\\_psql\\_%'",
  );
  expect(rows).toHaveLength(1);
  expect(await drift()).toEqual([]);
});
