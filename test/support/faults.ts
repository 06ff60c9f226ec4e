/** What the fault tests look at: answers that say "not now", and what the server's backends are doing. */
import { connect, type TestDatabase } from './database.ts';
import type { Answer, TestServer } from './server.ts';

/** Status, code and whether the client is told when to come back. */
export const refusalOf = ({ status, headers, body }: Answer) => [
  status,
  body.errors?.[0].extensions.code,
  headers.get('retry-after') !== null,
];

export const NOT_NOW = [503, 'UNAVAILABLE', true];

export const ME = '{ me { id } tasks { nodes { title } } }';

export const CREATE =
  'mutation ($title: String!) { createTask(input: {task: {title: $title}}) { task { id } } }';

/** The server's connections to this database: process id, state, statement. */
export async function backends(database: TestDatabase) {
  const { rows } = await database.privileged.query<{ pid: number; state: string }>(
    `select pid, state from pg_stat_activity
     where datname = current_database() and application_name = 'rowguard'`,
  );
  return rows;
}

export async function running(database: TestDatabase): Promise<number> {
  return (await backends(database)).filter(({ state }) => state === 'active').length;
}

/** Sessions that wait for somebody else's lock, whoever sent them here. */
export async function waiting(database: TestDatabase): Promise<number> {
  const { rows } = await database.privileged.query<{ count: number }>(
    `select count(*)::integer as count from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rows[0]?.count ?? 0;
}

export async function titles(database: TestDatabase, userId: number): Promise<string[]> {
  const { rows } = await database.privileged.query<{ title: string }>(
    'select title from public.task where user_id = $1 order by id',
    [userId],
  );
  return rows.map(({ title }) => title);
}

/** Runs `work` while somebody else holds this person's tasks locked. */
export async function whileLocked<T>(
  database: TestDatabase,
  userId: number,
  work: () => Promise<T>,
): Promise<T> {
  // A session of its own: inside a transaction pg_stat_activity would stand still.
  const holder = await connect(database.urls.root);
  try {
    await holder.query('begin');
    await holder.query('select from public.task where user_id = $1 for update', [userId]);
    return await work();
  } finally {
    await holder.end();
  }
}

/** The request, and how long its answer took in milliseconds. */
export async function timed(
  server: TestServer,
  who: number | string,
  query: string,
  variables?: object,
) {
  const since = performance.now();
  const answer = await server.ask(who, query, variables);
  return { answer, ms: performance.now() - since };
}
