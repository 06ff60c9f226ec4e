/** Prepared statements: how many, outdated and lost ones, and what never runs twice. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { statementName } from '../../../src/database/one-round-trip/prepared-names.ts';
import { makeAccounts, useAdaptor } from '../../support/adaptor.ts';
import { useCountingProxy } from '../../support/counting-proxy.ts';
import { useTestDatabase } from '../../support/database.ts';

const ANN = 71;

const database = useTestDatabase();
const proxy = useCountingProxy(database.urls.authenticator);
const db = useAdaptor(() => ({ url: proxy.url(database.urls.authenticator), size: 1 }));
const unprepared = useAdaptor(() => ({
  url: proxy.url(database.urls.authenticator),
  size: 1,
  prepared: false,
}));

const run = (text: string, values: unknown[] = [], change = {}) =>
  db.as(ANN, (client) => client.query<Record<string, unknown>>({ text, values }), change);
/** The backend's process id, read without the adaptor. */
const backend = async () => (await db.pool.query('select pg_backend_pid() as pid')).rows[0].pid;
const held = async (pool = db.pool) =>
  (await pool.query('select name from pg_prepared_statements')).rows.map(({ name }) => name);

beforeAll(async () => {
  await makeAccounts(database.authenticator, [ANN]);
  await database.owner.query(`
    create table thing (id int, label text);
    insert into thing values (1, 'one');
    create sequence runs;
    grant usage, select on sequence runs to todo_user;
    grant select, insert on thing to todo_user;
    create function stale() returns int language plpgsql as
      $$ begin perform nextval('runs'); raise exception 'inner' using errcode = '0A000'; end $$;
    grant execute on function stale() to todo_user;
  `);
});

let before: number;
afterEach(async () => {
  // The connection recovered; it was not replaced.
  before ??= await backend();
  expect(await backend()).toBe(before);
});

describe('a plan outdated by a migration', () => {
  test('is prepared anew for a read, without an error', async () => {
    const text = 'select * from thing where id = $1';
    expect((await run(text, [1])).rows).toEqual([{ id: 1, label: 'one' }]);
    await database.owner.query('alter table thing add column extra int default 7');
    expect((await run(text, [1])).rows).toEqual([{ id: 1, label: 'one', extra: 7 }]);
    const { roundTrips, parsed } = await proxy.during(() => run(text, [1]));
    expect([roundTrips, parsed]).toEqual([1, []]);
  });

  test('is prepared anew when the type of a parameter was dropped and created again', async () => {
    const { owner } = database;
    const type = "create type public.mood as enum ('calm')";
    await owner.query(`${type}; grant usage on type public.mood to todo_user`);
    const text = 'select $1::public.mood as mood';
    expect((await run(text, ['calm'])).rows).toEqual([{ mood: 'calm' }]);
    await owner.query(
      `drop type public.mood; ${type}; grant usage on type public.mood to todo_user`,
    );
    expect((await run(text, ['calm'])).rows).toEqual([{ mood: 'calm' }]);
    await owner.query('drop type public.mood');
  });

  test('is prepared anew for a write, which then runs exactly once', async () => {
    const text = 'insert into thing values ($1) returning *';
    await run(text, [100]);
    await database.owner.query('alter table thing add column more text');
    expect((await run(text, [101])).rowCount).toBe(1);
    const { rows } = await database.owner.query(
      'select count(*)::int as n from thing where id = 101',
    );
    expect(rows).toEqual([{ n: 1 }]);
  });

  test('is prepared anew where a column it compares has changed its type', async () => {
    const text = 'select id from thing where label = $1';
    await run(text, ['one']);
    await database.owner.query('alter table thing alter column label type int using 1');
    expect((await run(text, [1])).rows).toContainEqual({ id: 1 });
    await database.owner.query("alter table thing alter column label type text using 'one'");
  });

  test('costs one attempt where the statement is wrong for good', async () => {
    const text = 'select gone from thing';
    await database.owner.query('alter table thing add column gone int');
    await run(text);
    await database.owner.query('alter table thing drop column gone');
    const { roundTrips } = await proxy.during(() =>
      expect(run(text)).rejects.toMatchObject({ code: '42703' }),
    );
    expect(roundTrips).toBe(2);
  });
});

test('the same SQLSTATE from inside a statement that has run does not run it again', async () => {
  await expect(run('select stale()')).rejects.toMatchObject({ code: '0A000' });
  await expect(run('select stale()')).rejects.toMatchObject({ code: '0A000' });
  const { rows } = await database.owner.query('select last_value::int as n from runs');
  expect(rows).toEqual([{ n: 2 }]);
});

test('statements that the connection has lost are prepared again', async () => {
  await run('select 1 as one');
  await db.pool.query('deallocate all');
  expect((await run('select 1 as one')).rows).toEqual([{ one: 1 }]);
  await db.pool.query('discard all');
  expect((await run('select 1 as one')).rows).toEqual([{ one: 1 }]);
});

test('a prepared statement that the adaptor does not know of is replaced', async () => {
  const text = 'select 2 as two';
  await db.pool.query(`prepare ${statementName(text)} as select 'not ours' as two`);
  expect((await run(text)).rows).toEqual([{ two: 2 }]);
});

test('a connection holds a hundred statements at most, the last used ones', async () => {
  const text = (n: number) => `select ${n} as n`;
  for (let n = 0; n < 130; n++) {
    expect((await run(text(n))).rows).toEqual([{ n }]);
    // Used all the time, so never closed.
    await run(text(0));
  }
  const names = await held();
  expect(names).toHaveLength(100);
  expect(names).toContain(statementName(text(0)));
  expect(names).not.toContain(statementName(text(1)));
  expect((await run(text(1))).rows).toEqual([{ n: 1 }]);
  expect(await held()).toHaveLength(100);
});

test('a statement with many values is not kept: a mutation of many rows has another text for each number', async () => {
  const text = (n: number) =>
    `select * from (values ${Array.from({ length: n }, (_, i) => `($${i + 1}::int)`)}) as v (n)`;
  const values = Array.from({ length: 33 }, (_, i) => i);
  const kept = await held();
  const { roundTrips } = await proxy.during(async () => {
    expect((await run(text(33), values)).rows).toEqual(values.map((n) => ({ n })));
  });
  expect(roundTrips).toBe(1);
  expect(await held()).toEqual(kept);
  await run(text(32), values.slice(0, 32));
  expect(await held()).toContain(statementName(text(32)));
});

test('the bound holds where requests fail before their statement is parsed', async () => {
  for (let n = 200; n < 320; n++) {
    const failing = run(`select ${n}`, [], { statement_timeout: 'soon' });
    await expect(failing).rejects.toMatchObject({ code: '22023' });
  }
  for (let n = 400; n < 520; n++) await run(`select ${n}`);
  expect(await held()).toHaveLength(100);
});

test('a statement that fails to parse is not taken for prepared', async () => {
  const text = 'select * from later';
  await expect(run(text)).rejects.toMatchObject({ code: '42P01' });
  await database.owner.query('create table later (); grant select on later to todo_user');
  const { roundTrips, parsed } = await proxy.during(() => run(text));
  expect([roundTrips, parsed.length]).toEqual([1, 1]);
});

test('nothing is prepared inside a transaction, where an outdated plan could not be replaced', async () => {
  const { parsed } = await proxy.during(() =>
    db.as(ANN, (client) =>
      client.withTransaction((transaction) => transaction.query({ text: 'select 3', name: 'x' })),
    ),
  );
  expect(new Set(parsed.map(({ name }) => name))).toEqual(new Set(['']));
});

test('with PREPARED_STATEMENTS=off nothing is prepared, in one round trip still', async () => {
  const { roundTrips, parsed } = await proxy.during(() =>
    unprepared.as(ANN, (client) => client.query({ text: 'select 1', name: 'named' })),
  );
  expect(roundTrips).toBe(1);
  expect(parsed.map(({ name }) => name)).toEqual(['', '']);
  expect(await held(unprepared.pool)).toEqual([]);
});
