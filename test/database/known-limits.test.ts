/**
 * What PostgreSQL cannot hide from, or forbid to, a personal login. A failing test here means that the list in
 * docs/security.md is no longer true: a limit is gone, or there is a new one.
 */
import type { Client } from 'pg';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { outcome, useTestDatabase } from '../support/database.ts';
import { addTask, addUser, usePsqlLogins } from '../support/people.ts';

const database = useTestDatabase();
const logins = usePsqlLogins(database);
let session: Client;
let bobs: Client;
let bob: number;

beforeAll(async () => {
  const alice = await addUser(database.privileged);
  bob = await addUser(database.privileged);
  await addTask(database.privileged, alice, 'Mine');
  for (let i = 0; i < 9; i++) await addTask(database.privileged, bob, 'Bob’s');
  await database.privileged.query('analyze public.task');
  bobs = await logins.open(await logins.grant(bob));
  session = await logins.open(await logins.grant(alice));
});

beforeEach(async () => {
  await session.query('rollback');
  await session.query('discard all');
});

const one = async (sql: string, values: unknown[] = []) =>
  Object.values((await session.query(sql, values)).rows[0] ?? {})[0];

test('the size of a table and its row count are seen', async () => {
  const oid = "(select oid from pg_class where relname = 'task' and relkind = 'r')";
  expect(await one(`select pg_relation_size(${oid})`)).not.toBe('0');
  expect(await one(`select reltuples from pg_class where oid = ${oid}`)).toBe(10);
  expect(await one(`select pg_stat_get_tuples_inserted(${oid}) >= 0`)).toBe(true);
});

test('the WAL position shows when others write and how many bytes', async () => {
  const written = async (description: string) => {
    const position = "select pg_current_wal_insert_lsn() - '0/0'";
    const before = Number(await one(position));
    await bobs.query('insert into direct.task (title, description) values ($1, $2)', [
      'x',
      description,
    ]);
    return Number(await one(position)) - before;
  };
  // Other tests write as well, so the least of several.
  const least = async (description: string) => {
    const all: number[] = [];
    for (let i = 0; i < 10; i++) all.push(await written(description));
    return Math.min(...all);
  };
  expect((await least('x'.repeat(1000))) - (await least('x'))).toBeGreaterThan(900);
});

test('EXPLAIN ANALYZE counts the rows that were passed over, and does not say whose or what', async () => {
  await session.query('set enable_indexscan = off; set enable_bitmapscan = off');
  const sql = 'explain (analyze, verbose, costs off, timing off, summary off) table direct.task';
  const plan = JSON.stringify((await session.query(sql)).rows);
  expect(plan).toMatch(/Rows Removed by Filter: [1-9]/);
  expect(plan).not.toMatch(new RegExp(`Bob|${bob}`));
});

test('the planner’s estimates show the average number of rows of a person', async () => {
  const estimate = async (where: string) => {
    const sql = `explain (format json) select from direct.task ${where}`;
    return (await session.query(sql)).rows[0]['QUERY PLAN'][0].Plan['Plan Rows'];
  };
  // Ten tasks of two people. Which values a condition asks about makes no difference.
  expect(await estimate('')).toBe(5);
  expect(await estimate(`where user_id = ${bob}`)).toBe(await estimate('where user_id = 1'));
});

test('the names of logins are seen, and who is connected', async () => {
  const name = `todo_psql_${bob}`;
  expect(await one('select count(*)::integer from pg_roles where rolname = $1', [name])).toBe(1);
  expect(
    await one("select count(*) > 0 from pg_stat_activity where usename = 'todo_authenticator'"),
  ).toBe(true);
});

test('the source of functions, policies and comments is seen', async () => {
  expect(await one("select prosrc from pg_proc where proname = 'ensure_user'")).toMatch(/RG001/);
  expect(await one("select count(*) > 0 from pg_policies where tablename = 'task'")).toBe(true);
});

test('an open transaction of a login holds up a change of the views', async () => {
  await session.query('begin; select from direct.task');
  await database.owner.query("set lock_timeout = '100ms'");
  const drop = () => outcome(database.owner.query('select app_private.drop_direct_views()'));
  expect(await drop()).toBe('55P03');
  await session.query('rollback');
  expect(await drop()).toBe('ok 1');
  await database.owner.query('reset lock_timeout; select app_private.refresh_direct_views()');
  // The table itself cannot be locked: a login has no right on it, and LOCK TABLE stops before it.
  for (const table of ['public.task', 'direct.task']) {
    expect(await outcome(session.query(`begin; lock table ${table}`))).toBe('42501');
    await session.query('rollback');
  }
});

test('a login may take any advisory lock, the migrations’ too', async () => {
  expect(await outcome(session.query('select pg_advisory_lock(4727445306447283)'))).toBe('ok 1');
  const { rows } = await database.owner.query(
    'select pg_try_advisory_lock(4727445306447283) as got',
  );
  expect(rows).toEqual([{ got: false }]);
});

test('every open savepoint of a login holds a place in the lock table', async () => {
  const savepoints = Array.from(
    { length: 200 },
    (_, i) => `savepoint s${i}; insert into direct.task (title) values ('x')`,
  );
  await session.query(`begin; ${savepoints.join('; ')}`);
  const held = await one(
    "select count(*)::integer from pg_locks where pid = pg_backend_pid() and locktype = 'transactionid'",
  );
  expect(held).toBeGreaterThanOrEqual(200);
});

test('a login may write lines into the log of PostgreSQL', async () => {
  expect(await outcome(session.query("do $$ begin raise log 'a line of a login'; end $$"))).toBe(
    'ok 0',
  );
});

test('a login may notify and listen on any channel', async () => {
  const heard = new Promise((resolve) => database.owner.once('notification', resolve));
  await database.owner.query('listen anything');
  await session.query("notify anything, 'forged'");
  expect(await heard).toMatchObject({ channel: 'anything', payload: 'forged' });
  await database.owner.query('unlisten anything');
});

test('a login may lift its own limits of time', async () => {
  await session.query('set statement_timeout = 0; set idle_in_transaction_session_timeout = 0');
  expect(await one('show statement_timeout')).toBe('0');
});
