/**
 * One line of the committed migrations changed, as a tired author might: the doctor finds each. Every
 * break is applied to the migrations' own text and run from the start of its file to the end of the chain, in a
 * database that has the files before it. The tests are one transaction, in the order of the files: each file
 * runs once as it is, and each break is rolled back to a savepoint.
 */
import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { errorsOf, examineHere } from '../../src/doctor/doctor.ts';
import { connect } from '../support/database.ts';
import { ADDITIONS, breaks } from './breaks.ts';

const MIGRATIONS = join(inject('templates').shippedRoot, 'migrations');

const files = readdirSync(join(MIGRATIONS, 'committed'))
  .sort()
  .map((file) => readFileSync(join(MIGRATIONS, 'committed', file), 'utf8'));

const roles = readFileSync(join(MIGRATIONS, 'roles.sql'), 'utf8');

const name = `sabotage_${process.pid}_${randomInt(1e9)}`;
let root: Client;
let owner: Client;

beforeAll(async () => {
  root = await connect(inject('rootUrl'));
  await root.query(`create database ${name} owner todo_owner`);
  owner = await connect(inject('ownerUrl').replace(/\/[^/]*$/, `/${name}`));
  // What graphile-migrate makes for itself before the first migration; 000008 reads it.
  await owner.query(`
    create schema graphile_migrate;
    create table graphile_migrate.migrations (hash text primary key, filename text not null);
    create table graphile_migrate.current (filename text primary key, content text not null)`);
  await owner.query('begin');
});

afterAll(async () => {
  await owner.query('rollback');
  await owner.end();
  await root.query(`drop database ${name} with (force)`);
  await root.end();
});

/** How many files have run as they are. */
let done = 0;

async function runBefore(file: number): Promise<void> {
  for (; done < file; done++) await owner.query(files[done] ?? '');
}

/** The errors of the doctor after these statements, which are rolled back. */
async function errorsAfter(sql: string, login?: string): Promise<string[]> {
  await owner.query('savepoint before');
  try {
    await owner.query(sql);
    const findings = errorsOf(await examineHere(owner, login));
    return findings.map(({ code, object }) => `${code} ${object}`);
  } finally {
    await owner.query('rollback to savepoint before');
  }
}

/** The text with its one change; a break that no longer applies is a failing test. */
function changed(text: string, from: string, to: string): string {
  expect(text).toContain(from);
  return text.replace(from, () => to);
}

/** The file with the line; 0, which then fails, if no file has it. */
const fileOf = (line: string): number =>
  Math.max(
    0,
    files.findIndex((text) => text.includes(line)),
  );

const inOrder = breaks(name).sort(([, a], [, b]) => fileOf(a) - fileOf(b));

test.each(inOrder)('%s', async (_what, from, to, finding) => {
  const file = fileOf(from);
  await runBefore(file);
  const rest = [changed(files[file] ?? '', from, to), ...files.slice(file + 1)];
  expect(await errorsAfter(rest.join('\n'))).toContain(finding);
});

test('the migrations as they are give no error: the control of all others', async () => {
  await runBefore(files.length);
  expect(await errorsAfter('select')).toEqual([]);
});

test.each(ADDITIONS)('%s', async (_what, sql, finding) => {
  await runBefore(files.length);
  expect(await errorsAfter(sql)).toContain(finding);
});

/** roles.sql with a login of another name, since todo_authenticator is there already. */
const LOGIN = 'sabotage_authenticator';

test.each([
  [
    'a server login that inherits',
    'login nosuperuser nocreatedb nocreaterole noreplication nobypassrls noinherit',
    'login nosuperuser nocreatedb nocreaterole noreplication nobypassrls',
    'LOGIN_INHERITS',
  ],
  [
    'a membership that inherits',
    'with admin false, inherit false, set true',
    'with admin false, inherit true, set true',
    'LOGIN_INHERITS',
  ],
  [
    'a server login that makes roles',
    'login nosuperuser nocreatedb nocreaterole',
    'login nosuperuser nocreatedb createrole',
    'LOGIN_ATTRIBUTE',
  ],
])('%s', async (_what, from, to, code) => {
  // The second statement of its kind in the file; the first is todo_user's.
  const [before = '', after = ''] = roles.split('create role todo_authenticator');
  const broken = `${before}create role todo_authenticator${changed(after, from, to)}`;
  const here = (text: string) => text.replaceAll('todo_authenticator', LOGIN);
  await runBefore(files.length);
  expect(await errorsAfter(here(roles), LOGIN)).toEqual([]);
  expect(await errorsAfter(here(broken), LOGIN)).toContain(`${code} ${LOGIN}`);
});
