/** GET /metrics: what it counts, how many series it can grow to, and who may read it. */
import { randomInt } from 'node:crypto';
import { expect, test } from 'vitest';
import { useTestDatabase } from '../support/database.ts';
import { type TestServer, useTestServer } from '../support/server.ts';
import { dataOf } from '../support/tasks.ts';

const database = useTestDatabase();
const open = useTestServer(database, { requestsPerMinute: 200 });
const TOKEN = 'scrape-me-if-you-can';
const guarded = useTestServer(database, { production: true, metricsToken: TOKEN });
const silent = useTestServer(database, { production: true });

const who = randomInt(100_000, 2_000_000_000);

/** Series → value. */
async function read(server: TestServer, authorization?: string) {
  const response = await fetch(`${server.url}/metrics`, {
    headers: authorization === undefined ? {} : { authorization },
  });
  const text = await response.text();
  const lines = text.split('\n').filter((line) => line && !line.startsWith('#'));
  const series = new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))] as const;
    }),
  );
  return { status: response.status, type: response.headers.get('content-type'), text, series };
}

test('requests, operations, the pool, tokens, database errors and the process are counted', async () => {
  const authorization = `Bearer ${await open.token(who)}`;
  dataOf(await open.ask(authorization, 'query Mine { me { id } }'));
  dataOf(await open.ask(authorization, 'query Mine { me { id } }'));
  await open.ask(null, '{ me { id } }');
  await database.privileged.query('revoke select on public.task from todo_user');
  await open.ask(authorization, '{ tasks { nodes { id } } }');
  await database.privileged.query('grant select on public.task to todo_user');

  const { status, type, series } = await read(open);
  expect(status).toBe(200);
  expect(type).toMatch(/^text\/plain; version=0\.0\.4/);
  const count = (name: string) => series.get(name);
  const requests = (status: number, outcome: string) =>
    count(`rowguard_requests_total{path="/graphql",status="${status}",outcome="${outcome}"}`);
  expect(requests(200, 'ok')).toBe(2);
  expect(requests(401, 'UNAUTHENTICATED')).toBe(1);
  expect(count('rowguard_operation_seconds_count{kind="query",operation="Mine"}')).toBe(2);
  expect(count('rowguard_executions_total{executor="compiled"}')).toBe(2);
  // The one that was not allowed: asked once, told by grafast.
  expect(count('rowguard_executions_total{executor="both"}')).toBe(1);
  expect(count('rowguard_tokens_total{cached="true"}')).toBe(2);
  expect(count('rowguard_tokens_total{cached="false"}')).toBe(1);
  // insufficient_privilege
  expect(count('rowguard_database_errors_total{class="42"}')).toBe(1);
  expect(count('rowguard_pool_connections{state="limit"}')).toBe(5);
  expect(count('rowguard_pool_connections{state="used"}')).toBe(0);
  expect(count('rowguard_pool_connections{state="idle"}')).toBeGreaterThan(0);
  expect(count('rowguard_pool_wait_seconds_count')).toBeGreaterThan(3);
  expect(count('process_resident_memory_bytes')).toBeGreaterThan(1e7);
});

test('names that clients make up do not grow it without limit, nor does anything else of theirs', async () => {
  const authorization = `Bearer ${await open.token(who)}`;
  const names = Array.from({ length: 130 }, (_, i) => `Made${i}`);
  for (const name of names) await open.ask(authorization, `query ${name} { __typename }`);
  await Promise.all(names.map((name) => fetch(`${open.url}/${name}`)));
  const { text, series } = await read(open);
  const labels = new Set([...text.matchAll(/operation="(\w+)"/g)].map(([, name]) => name));
  expect(labels.size).toBeLessThanOrEqual(102);
  expect(
    series.get('rowguard_operation_seconds_count{kind="query",operation="other"}'),
  ).toBeGreaterThan(20);
  expect(series.get('rowguard_requests_total{path="other",status="404",outcome="NOT_FOUND"}')).toBe(
    130,
  );
  expect(text).not.toContain(String(who));
});

test('whoever asks too often is counted', async () => {
  const authorization = `Bearer ${await open.token(who + 1)}`;
  for (let i = 0; i < 201; i++) await open.ask(authorization, '{ __typename }');
  const { series } = await read(open);
  const limited = 'rowguard_requests_total{path="/graphql",status="429",outcome="UNAVAILABLE"}';
  expect(series.get(limited)).toBe(1);
});

test('in production it answers whoever has its token, and without one it is not there', async () => {
  expect(await read(guarded, `Bearer ${TOKEN}`)).toMatchObject({ status: 200 });
  for (const wrong of [
    undefined,
    'Bearer',
    `Bearer ${TOKEN}x`,
    `Bearer ${await guarded.token(who)}`,
  ]) {
    const { status, text } = await read(guarded, wrong);
    expect([status, text.includes('rowguard_')]).toEqual([401, false]);
  }
  expect(await read(silent)).toMatchObject({ status: 404 });
});
