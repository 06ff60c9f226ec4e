/** When a result counts, and what a request must not leave for the next one on its connection. */
import { beforeAll, expect, test } from 'vitest';
import type { Dispatch } from '../../../src/database/one-round-trip/client.ts';
import { wireOf } from '../../../src/database/one-round-trip/driver.ts';
import { USER_ID_SETTING } from '../../../src/database/session.ts';
import { makeAccounts, useAdaptor } from '../../support/adaptor.ts';
import { useCountingProxy } from '../../support/counting-proxy.ts';
import { useTestDatabase } from '../../support/database.ts';

const ANN = 61;

const database = useTestDatabase();
const proxy = useCountingProxy(database.urls.authenticator);
const seen: unknown[] = [];
const dispatch: Dispatch = async (send, { client, pgSettings }) => {
  const { rows } = await client.query('select pg_backend_pid() as pid');
  seen.push([pgSettings?.[USER_ID_SETTING], rows[0].pid]);
  return send(() => {});
};
const db = useAdaptor(() => ({ url: proxy.url(database.urls.authenticator), size: 1 }));
const watched = useAdaptor(() => ({ url: database.urls.authenticator, size: 1, dispatch }));

/** The process id of the connection's backend: it identifies the connection. */
const backend = async () => (await db.pool.query('select pg_backend_pid() as pid')).rows[0].pid;
const count = async (id: number) =>
  (await database.privileged.query('select from slow where id = $1', [id])).rowCount;

beforeAll(async () => {
  await makeAccounts(database.authenticator, [ANN]);
  // A trigger at the end of the transaction, after the statement itself has been answered.
  await database.owner.query(`
    create table slow (id int);
    grant select, insert on slow to todo_user;
    create function think() returns trigger language plpgsql as
      $$ begin perform pg_sleep(0.4); return null; end $$;
    create constraint trigger think after insert on slow deferrable initially deferred
      for each row execute function think();
  `);
});

test('a result is given out after the end of its transaction, not before', async () => {
  const started = performance.now();
  await db.as(ANN, (client) => client.query({ text: 'insert into slow values (1)' }));
  expect(performance.now() - started).toBeGreaterThan(390);
  expect(await count(1)).toBe(1);
});

test('a connection lost between a statement and its commit is an error, never a success', async () => {
  const insert = db
    .as(ANN, (client) => client.query({ text: 'insert into slow values (2)' }))
    .catch((error) => error);
  const kill = () =>
    database.privileged.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where wait_event = 'PgSleep' and query like 'insert into slow%'`,
    );
  await expect.poll(async () => (await kill()).rowCount).toBe(1);
  expect(await insert).toMatchObject({ code: '57P01' });
  expect(await count(2)).toBe(0);
  expect((await db.as(ANN, (client) => client.query({ text: 'select 1 as one' }))).rows).toEqual([
    { one: 1 },
  ]);
});

test('a transaction is begun under its settings in one round trip', async () => {
  const { roundTrips } = await proxy.during(() =>
    db.as(ANN, (client) =>
      client.withTransaction((transaction) => transaction.query({ text: 'select 1' })),
    ),
  );
  expect(roundTrips).toBe(3); // begin with settings, the statement, commit
});

test('a transaction that had failed is not reported as committed', async () => {
  const swallowed = db.as(ANN, (client) =>
    client.withTransaction(async (transaction) => {
      await transaction.query({ text: 'select 1/0' }).catch(() => {});
      return 'fine';
    }),
  );
  await expect(swallowed).rejects.toThrow('the transaction was rolled back');
});

test('a statement that leaves a transaction open is an error and its connection is closed', async () => {
  const before = await backend();
  await expect(db.as(ANN, (client) => client.query({ text: 'begin' }))).rejects.toThrow(
    'left the transaction in state T',
  );
  expect(await backend()).not.toBe(before);
});

test('a client kept beyond its request is refused', async () => {
  const kept = await db.as(ANN, async (client) => client);
  await expect(kept.query({ text: 'select 1' })).rejects.toThrow('this request has ended');
  const inner = await db.as(ANN, (client) => client.withTransaction(async (t) => t));
  await expect(inner.query({ text: 'select 1' })).rejects.toThrow('this request has ended');
});

test('a query that was not awaited ends before the next request gets the connection', async () => {
  let late: Promise<unknown> | undefined;
  let done = false;
  await db.as(ANN, async (client) => {
    late = client.query({ text: 'select pg_sleep(0.2)' }).then(() => {
      done = true;
    });
  });
  expect(done).toBe(true);
  await late;
});

test('queries issued at once run one after the other', async () => {
  const answers = await db.as(ANN, (client) =>
    Promise.all([1, 2, 3].map((n) => client.query({ text: 'select $1::int as n', values: [n] }))),
  );
  expect(answers.map(({ rows }) => rows)).toEqual([[{ n: 1 }], [{ n: 2 }], [{ n: 3 }]]);
});

test('a value that cannot be a parameter fails before anything is sent', async () => {
  const before = await backend();
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  const { roundTrips } = await proxy.during(() =>
    expect(
      db.as(ANN, (client) => client.query({ text: 'select $1::json', values: [circular] })),
    ).rejects.toThrow(/circular/i),
  );
  expect(roundTrips).toBe(0);
  expect(await backend()).toBe(before);
});

test('COPY is refused and leaves the connection in order', async () => {
  const before = await backend();
  await expect(
    db.as(ANN, (client) => client.query({ text: 'copy slow from stdin' })),
  ).rejects.toMatchObject({ code: '57014' });
  expect(await backend()).toBe(before);
});

test.each([
  ['without a claim', { 'jwt.claims.user_id': undefined }],
  ['with an empty claim', { 'jwt.claims.user_id': '' }],
  ['without a role', { role: undefined }],
  ['with a setting nobody knows', { search_path: 'pg_temp' }],
])('a request %s is not run', async (_name, change) => {
  const { roundTrips } = await proxy.during(() =>
    expect(
      db.as(ANN, (client) => client.query({ text: 'select 1' }), change as Record<string, string>),
    ).rejects.toThrow('a request must have exactly the settings'),
  );
  expect(roundTrips).toBe(0);
});

test('a connection gathers no listeners, however many requests it serves', async () => {
  const listeners = () =>
    db.as(ANN, async ({ rawClient }) => {
      const wire = wireOf(rawClient);
      const count = (emitter: {
        eventNames(): (string | symbol)[];
        listenerCount(n: string | symbol): number;
      }) => emitter.eventNames().map((name) => [name, emitter.listenerCount(name)]);
      return [count(rawClient), count(wire as unknown as typeof rawClient)];
    });
  const before = await listeners();
  for (let i = 0; i < 20; i++) {
    await db.as(ANN, (client) => client.query({ text: 'select 1' }));
    await expect(db.as(ANN, (client) => client.query({ text: 'select 1/0' }))).rejects.toThrow();
  }
  expect(await listeners()).toEqual(before);
});

test('every batch goes through the dispatch, which knows whose it is and where it runs', async () => {
  await watched.as(ANN, (client) => client.query({ text: 'select 1' }));
  const { rows } = await watched.pool.query('select pg_backend_pid() as pid');
  expect(seen).toEqual([[String(ANN), rows[0].pid]]);
});
