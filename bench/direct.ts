/**
 * A personal login's newest 200 tasks through its view, against the same page of the plain table as the
 * server's login reads it. Takes the stage with its large account, returns ratios, one of each round. Both
 * sessions have the same planner settings and are asked in turns. The login is removed at the end.
 */
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { USER_ID_SETTING } from '../src/database/session.ts';
import { cpuOf } from './support/cpu.ts';
import type { Stage } from './support/stage.ts';
import { median, type Spread, spread } from './support/statistics.ts';
import { LARGE_ACCOUNT } from './workloads.ts';

export interface LoginPages {
  /** PostgreSQL's own execution time (EXPLAIN ANALYZE). */
  readonly execution: Spread | undefined;
  /** CPU of the backend for a prepared statement with its rows sent; undefined without /proc. */
  readonly cpu: Spread | undefined;
}

const EXECUTIONS = 100;
const PAGE = (table: string): string =>
  `select id, title, completed, created_at, updated_at from ${table} order by id desc limit 200`;

interface Reader {
  readonly client: Client;
  readonly pid: number;
  readonly sql: string;
}

export async function loginPages(stage: Stage, rounds: number): Promise<LoginPages> {
  const { root, urls } = stage;
  const { userId } = LARGE_ACCOUNT;
  const password = randomBytes(12).toString('hex');
  await root.query('set role todo_owner');
  const { rows } = await root.query<{ login: string }>(
    'select app_private.grant_psql_login($1, $2) as login',
    [userId, password],
  );
  const url = new URL(urls.authenticator);
  url.username = rows[0]?.login ?? '';
  url.password = password;
  const clients = [url.href, urls.authenticator].map((href) => new Client(href));
  try {
    for (const client of clients) await client.connect();
    const [login, server] = clients;
    if (!login || !server) throw new Error('two sessions are needed');
    await server.query("select set_config($1, $2, false), set_config('role', 'todo_user', false)", [
      USER_ID_SETTING,
      String(userId),
    ]);
    const view = await reader(login, PAGE('direct.task'));
    const table = await reader(server, PAGE('public.task'));
    const execution: number[] = [];
    const cpu: number[] = [];
    // The first round is for the caches.
    for (let round = 0; round <= rounds; round++) {
      const times: [number[], number[]] = [[], []];
      for (let i = 0; i < EXECUTIONS; i++) {
        times[0].push(await executionTime(view));
        times[1].push(await executionTime(table));
      }
      const used = [await cpuOfPage(view), await cpuOfPage(table)];
      if (round === 0) continue;
      execution.push(median(times[0]) / median(times[1]));
      cpu.push((used[0] ?? Number.NaN) / (used[1] ?? Number.NaN));
    }
    return { execution: spread(execution), cpu: spread(cpu) };
  } finally {
    for (const client of clients) await client.end();
    await root.query('select app_private.revoke_psql_login($1)', [userId]);
    await root.query('reset role');
  }
}

async function reader(client: Client, sql: string): Promise<Reader> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return { client, pid: rows[0]?.pid ?? 0, sql };
}

/** Milliseconds. */
async function executionTime({ client, sql }: Reader): Promise<number> {
  const { rows } = await client.query<{ 'QUERY PLAN': [{ 'Execution Time': number }] }>(
    `explain (analyze, timing off, format json) ${sql}`,
  );
  return rows[0]?.['QUERY PLAN'][0]['Execution Time'] ?? Number.NaN;
}

/** Microseconds for one execution. */
async function cpuOfPage({ client, pid, sql }: Reader): Promise<number | undefined> {
  const before = cpuOf(pid);
  for (let i = 0; i < EXECUTIONS; i++) await client.query({ name: 'page', text: sql });
  const after = cpuOf(pid);
  return before === undefined || after === undefined ? undefined : (after - before) / EXECUTIONS;
}
