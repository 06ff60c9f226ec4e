/**
 * `taskChanged(since)` as server-sent events: every change of the person by every way of writing, nothing of anybody
 * else, and an end with the token, the account and the server.
 */

import { connect } from 'node:net';
import { fetchExchange, Client as UrqlClient } from '@urql/core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { signToken } from '../../src/identity/issuer.ts';
import { startServer } from '../../src/server.ts';
import { useTestDatabase } from '../support/database.ts';
import { addTask, newUserId, usePsqlLogins } from '../support/people.ts';
import { testIssuer, testServerOptions, useTestServer } from '../support/server.ts';
import { CHANGED, type Listener, listen } from './listener.ts';

const database = useTestDatabase();
const logins = usePsqlLogins(database);
const server = useTestServer(database, { livePollMs: 50, maxStreams: 3, unreadMs: 500 });
/** Another process on the same database: it learns of the writes of the first by its own questions. */
const second = useTestServer(database, { livePollMs: 50 });
const alice = newUserId();
const bob = newUserId();
let open: Listener[] = [];

beforeAll(async () => {
  for (const who of [alice, bob]) {
    await server.ask(who, '{ me { id } }');
    await second.ask(who, '{ me { id } }');
  }
});
afterEach(async () => {
  for (const one of open) one.close();
  await Promise.all(open.map(({ ended }) => ended));
  open = [];
});
const start = async (...args: Parameters<typeof listen>): Promise<Listener> => {
  const one = await listen(...args);
  open.push(one);
  return one;
};
async function metric(url: string, name: string): Promise<number> {
  const page = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(page)?.[1]);
}
const later = () => new Promise((resolve) => setTimeout(resolve, 20));

/** A stream that begins now has read its first cursor once an event of a task made for that has come. */
const begun = async (who: number, from = server): Promise<Listener> => {
  const { body } = await from.ask(who, '{ taskChanges(first: 0) { cursor } }');
  expect(body.errors).toBeUndefined();
  return start(from, who);
};
const CREATE =
  'mutation ($title: String!) { createTask(input: { task: { title: $title } }) { task { id } } }';
const create = async (who: number, title: string): Promise<number> => {
  const { body } = await server.ask(who, CREATE, { title });
  return body.data.createTask.task.id;
};
const presentCursor = async (who: number): Promise<string> => {
  for (let since: string | undefined; ; ) {
    const { body } = await server.ask(
      who,
      'query ($since: Cursor) { taskChanges(since: $since, first: 200) { cursor hasMore } }',
      { since },
    );
    since = body.data.taskChanges.cursor;
    if (!body.data.taskChanges.hasMore) return since ?? '';
  }
};

test('events of writes through the API, through psql and by the owner, on two processes', async () => {
  const since = await presentCursor(alice);
  const streams = [await start(server, alice, { since }), await start(second, alice, { since })];
  expect(streams[0]?.response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  const id = await create(alice, 'by the API');
  const session = await logins.open(await logins.grant(alice));
  await session.query("insert into task (title) values ('by psql')");
  const owned = await addTask(database.privileged, alice, 'by the owner');
  await database.privileged.query('delete from public.task where id = $1', [owned]);
  for (const stream of streams) {
    const seen = new Map<number, unknown>();
    for (let n = 1; JSON.stringify([...seen.values()].at(-1)) !== '"DELETED"'; n++) {
      const results = await stream.results(n);
      const { taskChanged } = results[n - 1].data;
      seen.set(taskChanged.id, taskChanged.kind);
      if (taskChanged.kind === 'CREATED') {
        expect(taskChanged.task.title).toMatch(/^by (the API|psql|the owner)$/);
      }
    }
    expect(seen.get(id)).toBe('CREATED');
    expect(seen.get(owned)).toBe('DELETED');
    expect(seen.size).toBe(3);
  }
});

test('since: resuming at any event loses nothing and repeats nothing', async () => {
  const who = newUserId();
  await server.ask(who, '{ me { id } }');
  const titles = ['a', 'b', 'c', 'd', 'e'];
  const since = await presentCursor(who);
  for (const title of titles) await create(who, title);
  const whole = await start(server, who, { since });
  const events = await whole.results(5);
  const titleOf = ({ data }: { data: { taskChanged: { task: { title: string } } } }) =>
    data.taskChanged.task.title;
  expect(events.map(titleOf)).toEqual(titles);
  whole.close();
  await whole.ended;
  const rest = await start(server, who, { since: events[1].data.taskChanged.cursor });
  expect((await rest.results(3)).map(titleOf)).toEqual(['c', 'd', 'e']);
  await create(who, 'f');
  expect((await rest.results(4)).map(titleOf)).toEqual(['c', 'd', 'e', 'f']);
});

test('another person gets no byte of it', async () => {
  const since = await presentCursor(bob);
  const stream = await start(server, bob, { since });
  const own = await start(server, alice, { since: await presentCursor(alice) });
  await create(alice, 'Alice’s secret');
  await own.results(1);
  await create(bob, 'Bob’s own');
  const results = await stream.results(1);
  expect(results).toHaveLength(1);
  expect(results[0].data.taskChanged.task.title).toBe('Bob’s own');
  expect(stream.bytes()).not.toContain('secret');
  expect(own.bytes()).not.toContain('Bob');
  const { body } = await server.ask(bob, '{ me { id } }');
  expect(body.data.me.id).toBe(bob);
});

test('aliases, fragments and variables are the client’s; RESYNC has the same shape', async () => {
  const who = newUserId();
  await server.ask(who, '{ me { id } }');
  const query = `subscription S($since: Cursor, $more: Boolean!) { it: taskChanged(since: $since) { what: kind ...F } }
    fragment F on TaskChange { task { name: title @include(if: $more) } cursor }`;
  await create(who, 'one');
  const stale = Buffer.from(`${who}/00000000-0000-0000-0000-000000000000/7`).toString('base64url');
  const stream = await start(server, who, { since: stale, more: true }, query);
  const [resync] = await stream.results(1);
  expect(resync.data).toEqual({
    it: { what: 'RESYNC', task: null, cursor: await presentCursor(who) },
  });
  await create(who, 'two');
  const [, change] = await stream.results(2);
  expect(change.data.it).toMatchObject({ what: 'CREATED', task: { name: 'two' } });
});

test('the stream ends with the token: UNAUTHENTICATED, then complete', async () => {
  const token = await signToken(
    server.issuer,
    { userId: alice, email: `user${alice}@example.com` },
    2,
  );
  const stream = await start(server, token);
  expect(stream.response.status).toBe(200);
  expect(await stream.ended).toBe(true);
  const last = (await stream.results(1)).at(-1);
  expect(last.errors[0].extensions.code).toBe('UNAUTHENTICATED');
});

test.each(['here', 'by the owner'])('the stream ends with the account, deleted %s', async (how) => {
  const who = newUserId();
  await second.ask(who, '{ me { id } }');
  const stream = await begun(who, second);
  if (how === 'here') await second.ask(who, 'mutation { deleteMe(input: {}) { user { id } } }');
  else await database.owner.query('select app_private.end_account($1)', [who]);
  expect(await stream.ended).toBe(true);
  const last = (await stream.results(1)).at(-1);
  expect(last.errors[0].extensions.code).toBe('ACCOUNT_DELETED');
});

test('one person has so many streams and no more; a closed one makes room', async () => {
  const streams = [await start(server, bob), await start(server, bob), await start(server, bob)];
  const refused = await start(server, bob);
  expect(refused.response.status).toBe(429);
  await refused.ended;
  expect(JSON.parse(refused.bytes()).errors[0].extensions).toEqual({
    code: 'UNAVAILABLE',
    reason: 'RATE_LIMITED',
  });
  // Another person has their own.
  expect((await start(server, alice)).response.status).toBe(200);
  streams[0]?.close();
  await streams[0]?.ended;
  for (let status = 429; status !== 200; ) status = (await start(server, bob)).response.status;
});

test.each([
  ['subscription { x }', 400],
  ['subscription { taskChanged { x } }', 400],
  ['subscription { taskChanged { kind } me: taskChanged { id } }', 400],
  ['subscription { ...F } fragment F on Subscription { taskChanged { kind } }', 400],
  ['subscription ($since: Int!) { taskChanged { kind } }', 400],
  ['{ me { id } }', 406],
  ['mutation { deleteMe(input: {}) { user { id } } }', 406],
])('%s as an event stream is refused with %i', async (query, status) => {
  const stream = await start(server, alice, {}, query);
  expect(stream.response.status).toBe(status);
  await stream.ended;
  expect(JSON.parse(stream.bytes()).errors[0].extensions.code).toBe('BAD_USER_INPUT');
  expect((await server.ask(alice, '{ me { id } }')).body.data.me.id).toBe(alice);
});

test('without a token, and with a cursor that is none', async () => {
  const refused = await start(server, 'no token');
  expect(refused.response.status).toBe(401);
  const stream = await start(server, alice, { since: 'garbage' });
  expect(await stream.ended).toBe(true);
  const [result] = await stream.results(1);
  expect(result.errors[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'since' });
});

test('the database is asked for changes only while somebody listens', async () => {
  const polls = () => metric(second.url, 'rowguard_poll_seconds_count');
  const streams = () => metric(second.url, 'rowguard_streams');
  while ((await streams()) > 0) await later();
  // A question that was under way ends.
  await new Promise((resolve) => setTimeout(resolve, 200));
  const before = await polls();
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(await polls()).toBe(before);
  await begun(alice, second);
  while ((await polls()) <= before + 2) await later();
});

test('a client that reads nothing is cut off', async () => {
  const who = newUserId();
  await server.ask(who, '{ me { id } }');
  const long = 'x'.repeat(9000);
  await database.privileged.query(
    `insert into public.task (title, description, user_id) select 'big', $2, $1 from generate_series(1, 1500)`,
    [who, long],
  );
  while ((await metric(server.url, 'rowguard_streams')) > 0) await later();
  const { port, hostname } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  const since = Buffer.from(`${who}//0`).toString('base64url');
  const body = JSON.stringify({
    query: `subscription { taskChanged(since: "${since}") { task { description } } }`,
  });
  socket.write(
    `POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAccept: text/event-stream\r\n` +
      `Authorization: Bearer ${await server.token(who)}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  socket.pause();
  const streams = () => metric(server.url, 'rowguard_streams');
  while ((await streams()) === 0) await later();
  while ((await streams()) > 0) await later();
  let taken = 0;
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    taken += chunk.length;
  });
  socket.resume();
  await closed;
  expect(taken).toBeLessThan(1500 * long.length);
});

test('urql with fetch gets the events', async () => {
  const token = await server.token(alice);
  const client = new UrqlClient({
    url: `${server.url}/graphql`,
    exchanges: [fetchExchange],
    fetchSubscriptions: true,
    preferGetMethod: false,
    fetchOptions: { headers: { authorization: `Bearer ${token}` } },
  });
  const since = await presentCursor(alice);
  const got = new Promise((resolve) => {
    const { unsubscribe } = client.subscription(CHANGED, { since }).subscribe(({ data, error }) => {
      resolve(error ?? data);
      setTimeout(() => unsubscribe());
    });
  });
  await create(alice, 'for urql');
  expect(await got).toMatchObject({
    taskChanged: { kind: 'CREATED', task: { title: 'for urql' } },
  });
});

test('a stop ends the streams without complete, so that clients subscribe again', async () => {
  const issuer = testIssuer();
  const running = await startServer({ ...testServerOptions(database, issuer), livePollMs: 50 });
  const token = await signToken(issuer, { userId: alice, email: `user${alice}@example.com` }, 600);
  const stream = await start({ ...second, url: running.url }, token);
  expect(stream.response.status).toBe(200);
  await running.stop();
  expect(await stream.ended).toBe(false);
});
