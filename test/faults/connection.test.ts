/** The connection to the database breaks, in every way a network and a restarting server have. */
import { randomInt } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { useTestDatabase } from '../support/database.ts';
import { useFaultProxy } from '../support/fault-proxy.ts';
import { backends, CREATE, ME, NOT_NOW, refusalOf, timed, titles } from '../support/faults.ts';
import { UNLESS_BUSY } from '../support/retry.ts';
import { useTestServer } from '../support/server.ts';
import { dataOf } from '../support/tasks.ts';

const STATEMENT_TIMEOUT_MS = 300;

const database = useTestDatabase();
const proxy = useFaultProxy(database.urls.authenticator);
const server = useTestServer(database, {
  get authenticatorUrl() {
    return proxy.url(database.urls.authenticator);
  },
  statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  poolWaitMs: 500,
});

let who = 0;
beforeEach(async () => {
  who = randomInt(100_000, 2_000_000_000);
  dataOf(await server.ask(who, CREATE, { title: 'before' }));
});
afterEach(() => {
  proxy.fault = 'pass';
});

const recovers = () =>
  expect.poll(async () => (await server.ask(who, ME)).status, { timeout: 3000 }).toBe(200);

test(
  'while the database cannot be reached every answer says so, and afterwards it goes on',
  UNLESS_BUSY,
  async () => {
    proxy.fault = 'refuse';
    proxy.cut();
    for (const person of [who, who + 1]) {
      const { answer, ms } = await timed(server, person, ME);
      expect(refusalOf(answer)).toEqual(NOT_NOW);
      expect(ms).toBeLessThan(2000);
    }
    expect(await fetch(`${server.url}/livez`)).toMatchObject({ status: 200 });
    expect(await fetch(`${server.url}/readyz`)).toMatchObject({ status: 503 });
    proxy.fault = 'pass';
    await recovers();
  },
);

test(
  'a network that swallows everything is an answer in bounded time, for reads and writes',
  UNLESS_BUSY,
  async () => {
    proxy.fault = 'freeze';
    const asked = await Promise.all([
      timed(server, who, ME),
      timed(server, who, CREATE, { title: 'swallowed' }),
      // Somebody new has to be made known to the database first.
      timed(server, who + 1, ME),
    ]);
    for (const { answer, ms } of asked) {
      expect(refusalOf(answer)).toEqual(NOT_NOW);
      expect(ms).toBeLessThan(8000);
    }
    proxy.fault = 'pass';
    await recovers();
    expect(await titles(database, who)).toEqual(['before']);
  },
);

test(
  'backends that stop in the middle are given up, and what they say later reaches nobody',
  UNLESS_BUSY,
  async () => {
    const stopped = await backends(database);
    try {
      for (const { pid } of stopped) process.kill(pid, 'SIGSTOP');
      // At the same time, so that one connection does not answer both.
      const asked = await Promise.all(stopped.map(() => timed(server, who, ME)));
      for (const { answer, ms } of asked) {
        expect(refusalOf(answer)).toEqual(NOT_NOW);
        expect(ms).toBeLessThan(5000);
      }
    } finally {
      for (const { pid } of stopped) process.kill(pid, 'SIGCONT');
    }
    const other = who + 1;
    const mine = Array.from({ length: 10 }, () => server.ask(other, ME));
    for (const answer of await Promise.all(mine)) {
      expect(dataOf(answer)).toEqual({ me: { id: other }, tasks: { nodes: [] } });
    }
    // The control: there is something they could have seen.
    expect(await titles(database, who)).toEqual(['before']);
    const left = (await backends(database)).map(({ pid }) => pid);
    expect(left).not.toEqual(expect.arrayContaining(stopped.map(({ pid }) => pid)));
  },
);

test(
  'a read on a connection that had died unnoticed is asked again, and served',
  UNLESS_BUSY,
  async () => {
    proxy.fault = 'hang up';
    expect(dataOf(await server.ask(who, ME)).me).toEqual({ id: who });
    expect(proxy.fault).toBe('pass');
  },
);

test(
  'a database that ends every idle connection costs the next read nothing',
  UNLESS_BUSY,
  async () => {
    for (let round = 0; round < 5; round++) {
      await database.privileged.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name = 'rowguard'`,
      );
      expect(dataOf(await server.ask(who, ME)).me).toEqual({ id: who });
    }
  },
);

test(
  'a write whose answer is lost is an error, was done once, and is never sent again',
  UNLESS_BUSY,
  async () => {
    proxy.fault = 'mute';
    const answer = await server.ask(who, CREATE, { title: 'who knows' });
    proxy.fault = 'pass';
    expect(refusalOf(answer)).toEqual(NOT_NOW);
    await recovers();
    // It was committed: "not now" means that the client has to look, and it may use an idempotencyKey.
    expect(await titles(database, who)).toEqual(['before', 'who knows']);
  },
);

test(
  'a write on a connection that had died is an error, and was not done',
  UNLESS_BUSY,
  async () => {
    proxy.fault = 'hang up';
    const answer = await server.ask(who, CREATE, { title: 'lost' });
    expect(proxy.fault).toBe('pass');
    expect(refusalOf(answer)).toEqual(NOT_NOW);
    await recovers();
    expect(await titles(database, who)).toEqual(['before']);
  },
);
