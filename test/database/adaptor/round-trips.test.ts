/** Round trips and parses of whole operations over HTTP, counted on the wire: exact on any machine. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { AdaptorName } from '../../../src/database/service.ts';
import { useCountingProxy } from '../../support/counting-proxy.ts';
import { useTestDatabase } from '../../support/database.ts';
import { useTestServer } from '../../support/server.ts';

const PERSON = 41;

// The server asks for deletions every two seconds by this clock, on a connection that a request then goes without.
beforeAll(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterAll(() => void vi.useRealTimers());

const database = useTestDatabase();
const proxy = useCountingProxy(database.urls.authenticator);
const through = (adaptor: AdaptorName) =>
  useTestServer(database, {
    get authenticatorUrl() {
      return proxy.url(database.urls.authenticator);
    },
    adaptor,
  });
const server = through('one-round-trip');
const stock = through('stock');

/** The traffic of one operation. The operation must succeed. */
async function trafficOf(query: string, variables?: object) {
  const traffic = await proxy.during(async () => {
    const { body } = await server.ask(token, query, variables);
    expect(body.errors).toBeUndefined();
    expect(Object.values(body.data)).not.toContain(null);
  });
  return traffic;
}

async function newTask(): Promise<number> {
  const { body } = await server.ask(
    token,
    'mutation { createTask(input: {task: {title: "x"}}) { task { id } } }',
  );
  return body.data.createTask.task.id;
}

// A token's first request makes or refreshes the account: one round trip more, once. So one token, and
// that request before any is counted.
let token: string;
let stockToken: string;
beforeAll(async () => {
  token = `Bearer ${await server.token(PERSON)}`;
  stockToken = `Bearer ${await stock.token(PERSON)}`;
  await server.ask(token, '{ me { id } }');
  await stock.ask(stockToken, '{ me { id } }');
});

describe('a read is one round trip', () => {
  test.each([
    ['of the person', '{ me { id email } }'],
    ['of a page', '{ tasks(first: 50) { nodes { id title completed } } }'],
    ['of a page with the owner of each', '{ tasks { nodes { id title user { email } } } }'],
    ['of a filtered page', '{ tasks(condition: {completed: false}) { nodes { id } } }'],
    ['of a page below the person', '{ me { email tasks { nodes { id title } } } }'],
    ['of a page below the person with its total', '{ me { tasks { totalCount nodes { id } } } }'],
  ])('%s', async (_name, query) => {
    await newTask();
    expect((await trafficOf(query)).roundTrips).toBe(1);
  });

  test('of one task with its owner', async () => {
    const id = await newTask();
    const query = 'query ($id: Int!) { task(id: $id) { title user { email } } }';
    expect((await trafficOf(query, { id })).roundTrips).toBe(1);
  });
});

test('a page with its total is two round trips, one after the other on no connection', async () => {
  // PostGraphile makes two statements of it, and sends both at once on two connections.
  const { roundTrips, bound } = await trafficOf('{ tasks { totalCount nodes { id } } }');
  expect(roundTrips).toBe(2);
  expect(new Set(bound.map(({ connection }) => connection)).size).toBe(2);
});

describe('a mutation is one round trip', () => {
  test('to create', async () => {
    const query = 'mutation { createTask(input: {task: {title: "x"}}) { task { id title } } }';
    expect((await trafficOf(query)).roundTrips).toBe(1);
  });

  test('to update', async () => {
    const id = await newTask();
    const query = `mutation { updateTask(input: {id: ${id}, patch: {completed: true}}) { task { id updatedAt } } }`;
    expect((await trafficOf(query)).roundTrips).toBe(1);
  });

  test('to delete', async () => {
    const id = await newTask();
    const query = `mutation { deleteTask(input: {id: ${id}}) { task { id } } }`;
    expect((await trafficOf(query)).roundTrips).toBe(1);
  });

  test('and a second one where its payload follows a relation', async () => {
    const query =
      'mutation { createTask(input: {task: {title: "x"}}) { task { id user { email } } } }';
    expect((await trafficOf(query)).roundTrips).toBe(2);
  });

  test('even when it is refused', async () => {
    const { roundTrips } = await proxy.during(async () => {
      const { body } = await server.ask(
        token,
        'mutation { createTask(input: {task: {title: " "}}) { task { id } } }',
      );
      expect(body.errors[0].extensions.code).toBe('BAD_USER_INPUT');
    });
    expect(roundTrips).toBe(1);
  });
});

test('the stock adaptor takes four for what is one here, with the same answer', async () => {
  await newTask();
  const query = '{ tasks(first: 50) { nodes { id title completed createdAt } } }';
  const answers: unknown[] = [];
  const ask = (from: typeof server, as: string) => async () => {
    answers.push((await from.ask(as, query)).body);
  };
  const four = await proxy.during(ask(stock, stockToken));
  const one = await proxy.during(ask(server, token));
  expect([four.roundTrips, one.roundTrips]).toEqual([4, 1]);
  expect(answers[0]).toEqual(answers[1]);
});

test('reads and mutations are parsed once per connection, then never again', async () => {
  const ids = [await newTask(), await newTask()];
  const operations = [
    '{ tasks(first: 33) { nodes { id title completed createdAt } } }',
    'mutation { createTask(input: {task: {title: "x", completed: true}}) { task { id title } } }',
    ...ids.map(
      (id) =>
        `mutation { updateTask(input: {id: ${id}, patch: {title: "y"}}) { task { id title } } }`,
    ),
  ];
  const run = async () => {
    for (const operation of operations) await server.ask(token, operation);
  };
  const first = await proxy.during(run);
  const parses = first.parsed.map(({ connection, name }) => `${connection} ${name}`);
  expect(first.parsed.every(({ name }) => name !== '')).toBe(true);
  expect(new Set(parses).size).toBe(parses.length);
  const again = await proxy.during(async () => {
    for (let i = 0; i < 5; i++) await run();
  });
  expect(again.roundTrips).toBe(5 * operations.length);
  expect(again.parsed).toEqual([]);
});
