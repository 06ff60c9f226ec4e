/**
 * The four ways in, each able to run one operation on tasks to its ending. An answer is what came back;
 * none means that nobody knows whether it was done. Checks nothing.
 */
import type { Socket } from 'node:net';
import pg from 'pg';
import { USER_ID_SETTING } from '../../src/database/session.ts';
import type { StoredTask } from './model.ts';
import type { Step } from './step.ts';

/** An operation in SQL, GraphQL and REST; `sql` returns whole rows. */
export interface Work {
  readonly sql: string;
  readonly values: readonly unknown[];
  readonly graphql: string;
  readonly variables: object;
  /** `path` is below the person's own. */
  readonly rest: { readonly method: string; readonly path: string; readonly body?: object };
}

export interface Outcome {
  readonly rows: readonly StoredTask[];
  /** An SQLSTATE or a code of the API. */
  readonly error?: string;
  /** It was answered, and then taken back. */
  readonly undone?: true;
}

type Ending = Step['ending'];

const LATER: Partial<Record<Ending, string>> = {
  error: 'select 1 / 0',
  timeout: "set local statement_timeout = '1ms'; select pg_sleep(1)",
};

const codeOf = (error: unknown): string => {
  const { code } = error as { code?: string };
  if (!code) throw error;
  return code;
};

export function openPool(connectionString: string, max: number): pg.Pool {
  const pool = new pg.Pool({ connectionString, max });
  pool.on('error', () => {});
  return pool;
}

/** A login has three connections, and one that was cut off needs a moment to go. */
async function checkOut(pool: pg.Pool): Promise<pg.PoolClient> {
  for (let attempt = 0; ; attempt++) {
    try {
      const client = await pool.connect();
      client.on('error', () => {});
      return client;
    } catch (error) {
      if (codeOf(error) !== '53300' || attempt === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** Off the network, without a word to the server. */
function hangUp(client: pg.PoolClient): void {
  const { connection } = client as unknown as { connection: { stream: Socket } };
  connection.stream.destroy();
}

/** `before` are the statements that say who it is. Undefined: no answer. */
export async function bySql(
  pool: pg.Pool,
  before: readonly string[],
  { sql, values }: Work,
  ending: Ending,
): Promise<Outcome | undefined> {
  const client = await checkOut(pool);
  let broken = false;
  try {
    await client.query(['begin', ...before].join('; '));
    let rows: StoredTask[];
    try {
      rows = (await client.query<StoredTask>(sql, [...values])).rows;
    } catch (error) {
      await client.query('rollback');
      return { rows: [], error: codeOf(error) };
    }
    const later = LATER[ending];
    if (later) await client.query(later).catch(codeOf);
    if (ending === 'commit') {
      await client.query('commit');
      return { rows };
    }
    if (ending === 'disconnect' || ending === 'cut') {
      broken = true;
      // With `cut` the commit is on its way when the line goes dead.
      if (ending === 'cut') client.query('commit').catch(() => {});
      await new Promise(setImmediate);
      hangUp(client);
      return ending === 'cut' ? undefined : { rows, undone: true };
    }
    await client.query('rollback');
    return { rows, undone: true };
  } finally {
    client.removeAllListeners('error');
    client.on('error', () => {});
    client.release(broken);
  }
}

export const claimOf = (person: number): string =>
  `select set_config('${USER_ID_SETTING}', '${person}', true)`;

export const AS_USER = 'set local role todo_user';

interface ApiTask {
  readonly id: number;
  readonly title: string;
  readonly completed: boolean;
  readonly user: { readonly id: number };
}

/** The tasks of an answer, wherever they are in it. */
function tasksIn(value: unknown): StoredTask[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('user' in value && 'title' in value) {
    const { id, title, completed, user } = value as unknown as ApiTask;
    return [{ id, title, completed, user_id: user.id }];
  }
  return Object.values(value).flatMap(tasksIn);
}

/** Hangs up after so many milliseconds if told to. Undefined: no answer. */
async function unlessGone<T>(
  hangUpAfter: number | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const controller = new AbortController();
  const timer =
    hangUpAfter === undefined ? undefined : setTimeout(() => controller.abort(), hangUpAfter);
  try {
    return await work(controller.signal);
  } catch (error) {
    if (controller.signal.aborted) return undefined;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

const headersOf = (token: string) => ({
  'content-type': 'application/json',
  authorization: `Bearer ${token}`,
});

export const byHttp = (
  url: string,
  token: string,
  { graphql, variables }: Work,
  hangUpAfter?: number,
): Promise<Outcome | undefined> =>
  unlessGone(hangUpAfter, async (signal) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: headersOf(token),
      body: JSON.stringify({ query: graphql, variables }),
      signal,
    });
    const { data, errors } = (await response.json()) as {
      data?: unknown;
      errors?: { extensions: { code: string } }[];
    };
    const code = errors?.[0]?.extensions.code;
    return { rows: tasksIn(data), ...(code && { error: code }) };
  });

export const byRest = (
  url: string,
  token: string,
  person: number,
  { rest: { method, path, body } }: Work,
  hangUpAfter?: number,
): Promise<Outcome | undefined> =>
  unlessGone(hangUpAfter, async (signal) => {
    const response = await fetch(`${url}/api/${person}/${path}`, {
      method,
      headers: headersOf(token),
      ...(body && { body: JSON.stringify(body) }),
      signal,
    });
    // The row is not sent back: 204 says that it was the person's.
    const id = Number(path.replace(/^tasks\//, ''));
    const gone = { id, user_id: person, title: `${person}:`, completed: false };
    if (response.status === 204) return { rows: [gone] };
    const answer: unknown = await response.json();
    if (response.ok) return { rows: [answer].flat().filter(isTask) };
    return { rows: [], error: codeOf(answer) };
  });

/** Not the result of a function. */
const isTask = (value: unknown): value is StoredTask =>
  typeof value === 'object' && value !== null && 'title' in value;
