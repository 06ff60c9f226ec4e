/** graphile-migrate with the doctor behind it, on a copy of the migrations and databases of its own. */
import {
  chmodSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commit, migrate, type Settings, watch } from 'graphile-migrate';
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { migrationSettings } from '../../src/migrate/migrate.ts';
import { connect, dropWhenFree, useTestDatabase } from '../support/database.ts';
import { UNPROTECTED } from '../support/doctor.ts';
import { NOTE } from './fixtures/fixture.ts';

const database = useTestDatabase();

const MIGRATIONS = join(inject('templates').shippedRoot, 'migrations');
const folder = mkdtempSync(join(tmpdir(), 'rowguard-gate-'));
const current = join(folder, 'current.sql');
const shadow = `${database.name}_shadow`;
const said: string[] = [];

const settings = (): Settings => ({
  ...migrationSettings(database.urls.owner, (line) => said.push(line)),
  migrationsFolder: folder,
  shadowConnectionString: database.urls.owner.replace(/\/[^/]*$/, `/${shadow}`),
  rootConnectionString: inject('rootUrl'),
});

const committed = () => readdirSync(join(folder, 'committed')).sort();

const outcome = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: Error) => `refused: ${error.message}`,
  );

beforeAll(() => {
  cpSync(MIGRATIONS, folder, { recursive: true });
});

beforeEach(() => {
  said.length = 0;
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  const root = await connect(inject('rootUrl'));
  await dropWhenFree(root, shadow);
  await root.end();
});

test('a migration that leaves a table unprotected cannot be committed', async () => {
  const before = committed();
  const sql = `drop table if exists public.secret;\n${UNPROTECTED.trim()};\n`;
  writeFileSync(current, sql);
  expect(await outcome(commit(settings(), 'secret'))).toContain('refused');
  expect(said.join('\n')).toContain('RLS_OFF  public.secret');
  // Nothing of it is left: not in the folder, not in the database; the work in progress is.
  expect(committed()).toEqual(before);
  expect(readFileSync(current, 'utf8')).toBe(sql);
  const { rows } = await database.owner.query("select to_regclass('public.secret') as t");
  expect(rows[0]?.t).toBeNull();
});

test('a table made by the rules is committed', async () => {
  const before = committed();
  writeFileSync(current, `${NOTE.trim()}\n`);
  expect(await outcome(commit(settings(), 'note'))).toBe('done');
  expect(committed()).toHaveLength(before.length + 1);
  const { rows } = await database.owner.query("select to_regclass('public.note') as t");
  expect(rows[0]?.t).not.toBeNull();
});

test('while current.sql is written an unprotected table is said loudly, and the watcher goes on', async () => {
  writeFileSync(current, `drop table if exists public.secret;\n${UNPROTECTED.trim()};\n`);
  expect(await outcome(watch(settings(), true))).toBe('done');
  expect(said.join('\n')).toContain('RLS_OFF  public.secret');
  writeFileSync(current, 'drop table if exists public.secret;\n');
  await watch(settings(), true);
});

test('a finding in the history does not block the migration that fixes it', async () => {
  await commitUnexamined(
    '000099-old-sin.sql',
    'alter table public.task no force row level security;\n',
  );
  await migrate(settings());

  writeFileSync(current, "comment on table public.task is 'No help.';\n");
  expect(await outcome(commit(settings(), 'no help'))).toContain('refused');

  writeFileSync(current, 'alter table public.task force row level security;\n');
  expect(await outcome(commit(settings(), 'mended'))).toBe('done');
});

/** As a migration from before a rule was known: it is in the history, whatever the doctor says of it. */
async function commitUnexamined(file: string, body: string): Promise<void> {
  const { calculateHash } = createRequire(import.meta.url)('graphile-migrate/dist/hash.js');
  const last = readFileSync(join(folder, 'committed', committed().at(-1) ?? ''), 'utf8');
  const previous = /^--! Hash: (.*)$/m.exec(last)?.[1];
  const path = join(folder, 'committed', file);
  writeFileSync(
    path,
    `--! Previous: ${previous}\n--! Hash: ${calculateHash(body, previous)}\n\n${body}`,
  );
  chmodSync(path, 0o440);
}
