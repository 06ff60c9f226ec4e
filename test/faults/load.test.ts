/** Too much work, and work that nobody waits for any more. */
import { randomInt } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { useTestDatabase } from '../support/database.ts';
import {
  CREATE,
  ME,
  NOT_NOW,
  refusalOf,
  running,
  timed,
  titles,
  whileLocked,
} from '../support/faults.ts';
import { UNLESS_BUSY } from '../support/retry.ts';
import { useTestServer } from '../support/server.ts';
import { createTask, dataOf } from '../support/tasks.ts';

const database = useTestDatabase();
const server = useTestServer(database, {
  poolSize: 2,
  poolQueue: 3,
  poolWaitMs: 1500,
  statementTimeoutMs: 4000,
});

let who = 0;
let change = '';
/** One token, whose account is known: a newer one would ask for its account first, all requests at once. */
let bearer = '';
beforeEach(async () => {
  who = randomInt(100_000, 2_000_000_000);
  const { id } = await createTask(server, who, { title: 'before' });
  change = `mutation { updateTask(input: {id: ${id}, patch: {title: "after"}}) { task { id } } }`;
  bearer = `Bearer ${await server.token(who)}`;
  dataOf(await server.ask(bearer, ME));
});

/** Sends a request and hangs up when told to. */
async function hangUpAble(query: string) {
  const hangUp = new AbortController();
  const answer = fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: bearer },
    body: JSON.stringify({ query }),
    signal: hangUp.signal,
  });
  return { answer, hangUp: () => hangUp.abort() };
}

/** Requests that wait for a connection. */
async function inQueue(): Promise<number> {
  const page = await (await fetch(`${server.url}/metrics`)).text();
  return Number(/^rowguard_pool_connections\{state="waiting"\} (\d+)$/m.exec(page)?.[1]);
}

test(
  'the statement of a client that hangs up is stopped within a second, and changes nothing',
  UNLESS_BUSY,
  async () => {
    const logged = server.log.length;
    await whileLocked(database, who, async () => {
      const { answer, hangUp } = await hangUpAble(change);
      await expect.poll(() => running(database)).toBe(1);
      hangUp();
      await expect(answer).rejects.toThrow(/abort/i);
      await expect.poll(() => running(database), { timeout: 1000 }).toBe(0);
    });
    expect(await titles(database, who)).toEqual(['before']);
    // The control: a client that stays gets its change.
    dataOf(await server.ask(who, change));
    expect(await titles(database, who)).toEqual(['after']);
    expect(server.log.slice(logged)).toEqual([]);
  },
);

test('a client that hangs up in the queue never reaches the database', UNLESS_BUSY, async () => {
  await whileLocked(database, who, async () => {
    const first = [await hangUpAble(change), await hangUpAble(change)];
    await expect.poll(() => running(database)).toBe(2);
    const queued = await hangUpAble(
      'mutation { createTask(input: {task: {title: "never"}}) { task { id } } }',
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    queued.hangUp();
    await expect(queued.answer).rejects.toThrow(/abort/i);
    for (const { hangUp } of first) hangUp();
    await Promise.allSettled(first.map(({ answer }) => answer));
    await expect.poll(() => running(database)).toBe(0);
  });
  expect(await titles(database, who)).toEqual(['before']);
});

test(
  'a request that finds the queue full is refused at once, one that waits too long a little later',
  UNLESS_BUSY,
  async () => {
    await whileLocked(database, who, async () => {
      const busy = [await hangUpAble(change), await hangUpAble(change)];
      await expect.poll(() => running(database)).toBe(2);
      const ask = () => timed(server, bearer, '{ me { id } }');
      let over = false;
      const queued = Promise.all([ask(), ask(), ask()]).finally(() => {
        over = true;
      });
      await expect.poll(inQueue).toBe(3);
      const turnedAway = await Promise.all(Array.from({ length: 5 }, ask));
      expect(over).toBe(false);
      const waited = await queued;
      for (const { answer } of [...turnedAway, ...waited])
        expect(refusalOf(answer)).toEqual(NOT_NOW);
      for (const { ms } of waited) expect(ms).toBeGreaterThan(1400);
      expect((await fetch(`${server.url}/livez`)).status).toBe(200);
      for (const { hangUp } of busy) hangUp();
      await Promise.allSettled(busy.map(({ answer }) => answer));
    });
    await expect.poll(async () => (await server.ask(who, ME)).status).toBe(200);
  },
);

test(
  'a database that has become read-only serves reads and refuses writes',
  UNLESS_BUSY,
  async () => {
    const terminate = () =>
      database.privileged.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name = 'rowguard'`,
      );
    const name = database.name;
    await database.privileged.query(
      `alter database ${name} set default_transaction_read_only = on`,
    );
    await terminate();
    try {
      expect(refusalOf(await server.ask(who, CREATE, { title: 'no' }))).toEqual(NOT_NOW);
      expect(refusalOf(await server.ask(who + 1, ME))).toEqual(NOT_NOW);
      expect(dataOf(await server.ask(who, ME)).me).toEqual({ id: who });
    } finally {
      await database.privileged.query(`alter database ${name} reset default_transaction_read_only`);
      await terminate();
    }
    await expect
      .poll(async () => (await server.ask(who, CREATE, { title: 'yes' })).status)
      .toBe(200);
    expect(await titles(database, who)).toEqual(['before', 'yes']);
  },
);

test.each(['disk_full', 'too_many_connections', 'out_of_memory'])(
  'a statement that fails with %s is "not now", and nothing of it is kept',
  async (condition) => {
    await database.privileged.query(
      `create function public.fail() returns trigger language plpgsql
         as $$ begin raise exception using errcode = '${condition}'; end $$;
       create trigger fail after insert on public.task execute function public.fail()`,
    );
    try {
      expect(refusalOf(await server.ask(who, CREATE, { title: 'no' }))).toEqual(NOT_NOW);
    } finally {
      await database.privileged.query('drop function public.fail cascade');
    }
    dataOf(await server.ask(who, CREATE, { title: 'yes' }));
    expect(await titles(database, who)).toEqual(['before', 'yes']);
  },
);
