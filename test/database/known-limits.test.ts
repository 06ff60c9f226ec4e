/**
 * What PostgreSQL can not hide from, or forbid to, a personal login. These tests hold the list in
 * docs/security.md to the truth: one that fails is a limit that is gone, or a new one.
 */
import type { Client } from 'pg';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { connect, outcome, useTestDatabase } from '../support/database.ts';
import { addTask, addUser, usePsqlLogins } from '../support/people.ts';
import { isKnown } from '../support/since.ts';

const database = useTestDatabase();
const logins = usePsqlLogins(database);
let session: Client;
let bob: number;

beforeAll(async () => {
  const alice = await addUser(database.privileged);
  bob = await addUser(database.privileged);
  await addTask(database.privileged, alice, 'Mine');
  for (let i = 0; i < 9; i++) await addTask(database.privileged, bob, 'Bob’s');
  await database.privileged.query('analyze public.task');
  await logins.grant(bob);
  session = await logins.open(await logins.grant(alice));
});

beforeEach(async () => {
  await session.query('rollback');
  await session.query('discard all');
});

const one = async (sql: string, values: unknown[] = []) =>
  Object.values((await session.query(sql, values)).rows[0] ?? {})[0];

test('the size of a table and its row count are seen', async () => {
  expect(await one("select pg_relation_size('public.task')")).not.toBe('0');
  expect(await one("select reltuples from pg_class where oid = 'public.task'::regclass")).toBe(10);
  expect(await one("select pg_stat_get_tuples_inserted('public.task'::regclass) >= 0")).toBe(true);
});

test('EXPLAIN ANALYZE counts the rows that were passed over, and does not say whose or what', async () => {
  await session.query('set enable_indexscan = off; set enable_bitmapscan = off');
  const sql = 'explain (analyze, verbose, costs off, timing off, summary off) table public.task';
  const plan = JSON.stringify((await session.query(sql)).rows);
  expect(plan).toMatch(/Rows Removed by Filter: 9/);
  expect(plan).not.toMatch(new RegExp(`Bob|${bob}`));
});

test('the planner’s estimates know about how many tasks a person has', async () => {
  const estimate = async (id: number) => {
    const sql = `explain (format json) select from public.task where user_id = ${id}`;
    return (await session.query(sql)).rows[0]['QUERY PLAN'][0].Plan['Plan Rows'];
  };
  expect(await estimate(bob)).toBeGreaterThan(await estimate(bob + 1));
});

test('exact guesses about rows are answered in a UNION ALL of a table with itself', async () => {
  const guess = async (condition: string) => {
    await session.query(
      "set enable_indexscan = off; set enable_indexonlyscan = off; set enable_bitmapscan = off; set probe.ran = 'no'",
    );
    await session.query(
      `select from (table public.task union all table public.task) as t
       where ${condition}`,
    );
    return one("select current_setting('probe.ran')");
  };
  const ran = "set_config('probe.ran', 'yes', false)";
  const whose = (id: number) =>
    `(select '[${id}:${id}]={t}'::boolean[])[t.user_id] and (select to_jsonb(${ran}))[t.id] is null`;
  expect(await guess(whose(bob))).toBe('yes');
  expect(await guess(whose(0))).toBe('no');
  // No more than that: what has an order costs something, and the guard comes first.
  const between = `t.user_id >= ${bob} and t.user_id < ${bob + 1}`;
  expect(await guess(`${between} and t.id <> (select -length(${ran}))`)).toBe('no');
});

const merge =
  'merge into public.task t using (select) s on false when not matched by source then delete';
test.runIf(isKnown(merge))(
  'a MERGE that reads no column tells whether anybody else has a task',
  async () => {
    expect(await outcome(session.query(merge))).toBe('42501');
  },
);

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

test('a login may lock the table of tasks, and ends when it is revoked', async () => {
  await session.query('begin; lock table public.task in access exclusive mode');
  const other = await connect(database.urls.root);
  await other.query("set lock_timeout = '100ms'");
  expect(await outcome(other.query('select from public.task'))).toBe('55P03');
  await session.query('rollback');
  expect(await outcome(other.query('select from public.task'))).toBe('ok 10');
  await other.end();
});

test('a login may take any advisory lock, the migrations’ too', async () => {
  expect(await outcome(session.query('select pg_advisory_lock(4727445306447283)'))).toBe('ok 1');
  const { rows } = await database.owner.query(
    'select pg_try_advisory_lock(4727445306447283) as got',
  );
  expect(rows).toEqual([{ got: false }]);
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
