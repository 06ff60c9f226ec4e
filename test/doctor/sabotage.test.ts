/**
 * One line of the committed migrations changed, as a tired author might: the doctor finds each. Every
 * break is applied to the migrations' own text and run from the start in an empty database.
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

const committed = readdirSync(join(MIGRATIONS, 'committed'))
  .sort()
  .map((file) => readFileSync(join(MIGRATIONS, 'committed', file), 'utf8'))
  .join('\n');

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
});

afterAll(async () => {
  await owner.end();
  await root.query(`drop database ${name} with (force)`);
  await root.end();
});

/** The errors of the doctor after these statements, which are rolled back. */
async function errorsAfter(sql: string, login?: string): Promise<string[]> {
  await owner.query('begin');
  try {
    await owner.query(sql);
    const findings = errorsOf(await examineHere(owner, login));
    return findings.map(({ code, object }) => `${code} ${object}`);
  } finally {
    await owner.query('rollback');
  }
}

/** The text with its one change; a break that no longer applies is a failing test. */
function changed(text: string, from: string, to: string): string {
  expect(text).toContain(from);
  return text.replace(from, () => to);
}

test('the migrations as they are give no error: the control of all below', async () => {
  expect(await errorsAfter(committed)).toEqual([]);
});

test.each(breaks(name))('%s', async (_what, from, to, finding) => {
  expect(await errorsAfter(changed(committed, from, to))).toContain(finding);
});

test.each(ADDITIONS)('%s', async (_what, sql, finding) => {
  expect(await errorsAfter(`${committed};\n${sql}`)).toContain(finding);
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
  expect(await errorsAfter(`${committed};\n${here(roles)}`, LOGIN)).toEqual([]);
  expect(await errorsAfter(`${committed};\n${here(broken)}`, LOGIN)).toContain(`${code} ${LOGIN}`);
});
