/** What one person does with the heaviest requests that are allowed, and what another person feels of it. */
import { expect, test } from 'vitest';
import { useTestDatabase } from '../support/database.ts';
import { largeDocument } from '../support/flood.ts';
import { UNLESS_BUSY } from '../support/retry.ts';
import { useTestServer } from '../support/server.ts';
import { createTask, dataOf, errorOf } from '../support/tasks.ts';

const database = useTestDatabase();
const server = useTestServer(database, {
  poolSize: 5,
  maxConcurrent: 2,
  poolQueue: 200,
  poolWaitMs: 2000,
  requestsPerMinute: 6000,
});
const counted = useTestServer(database, { requestsPerMinute: 20 });

const ATTACKER = 91;
const OTHER = 92;
const TASKS = 3000;

const searches = `{ ${Array.from({ length: 15 }, (_, i) => `s${i}: tasks(first: 1, condition: {search: "nothing ${i}"}) { totalCount }`).join(' ')} }`;

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? 0;

async function timesOfOther(): Promise<number> {
  const took: number[] = [];
  for (let i = 0; i < 30; i++) {
    const since = performance.now();
    dataOf(await server.ask(OTHER, '{ tasks { nodes { title } } }'));
    took.push(performance.now() - since);
  }
  return median(took);
}

/** Statements of the attacker that run now, as PostgreSQL sees them. */
async function inFlight(): Promise<number> {
  const { rows } = await database.privileged.query<{ n: number }>(
    `select count(*)::integer as n from pg_stat_activity
     where datname = current_database() and application_name = 'rowguard' and state = 'active'`,
  );
  return rows[0]?.n ?? 0;
}

async function addLargeTasks(): Promise<void> {
  await createTask(server, ATTACKER, { title: 'first' });
  await createTask(server, OTHER, { title: 'mine' });
  await database.privileged.query(
    `insert into public.task (user_id, title, description)
     select $1, 'task ' || n, repeat('lorem ipsum ', 300) from generate_series(1, $2::integer) as n`,
    [ATTACKER, TASKS],
  );
}

test('a flood of searches takes two connections, and others are served', UNLESS_BUSY, async () => {
  await addLargeTasks();
  const quiet = await timesOfOther();
  let going = true;
  const outcomes: number[] = [];
  const bearer = `Bearer ${await server.token(ATTACKER)}`;
  const flood = Array.from({ length: 6 }, async () => {
    while (going) outcomes.push((await server.ask(bearer, searches)).status);
  });
  const seen: number[] = [];
  for (let i = 0; i < 20; i++) {
    seen.push(await inFlight());
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const beside = await timesOfOther();
  going = false;
  await Promise.all(flood);
  console.log(
    `another person’s median: ${quiet.toFixed(1)} ms quiet, ${beside.toFixed(1)} ms beside searches`,
  );
  expect(Math.max(...seen)).toBe(2);
  expect(outcomes.length).toBeGreaterThan(0);
  expect(beside).toBeLessThan(30 * quiet + 200);
});

test('a document of fifteen lists counts fifteen points, an ordinary page one', async () => {
  const page = '{ me { tasks(first: 200) { totalCount nodes { id title completed } } } }';
  expect((await counted.ask(OTHER, searches)).status).toBe(200);
  for (let i = 0; i < 2; i++) expect((await counted.ask(OTHER, page)).status).toBe(200);
  const refused = await counted.ask(OTHER, largeDocument(1));
  expect(refused.status).toBe(429);
  expect(errorOf(refused)[0]).toBe('UNAVAILABLE');
  expect(refused.body.errors[0].extensions.reason).toBe('RATE_LIMITED');
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await counted.ask(OTHER, page)).status, 'the refused points were not counted').toBe(200);
});

test('the small document with a large answer is refused', async () => {
  const query =
    '{ tasks(first: 200) { nodes { user { tasks(first: 200) { nodes { id title } } } } } }';
  expect(errorOf(await server.ask(OTHER, query))[0]).toBe('TOO_COMPLEX');
});
