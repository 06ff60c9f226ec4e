/**
 * The server's pool of todo_authenticator connections. Takes the URL and the bounds for waiting requests. A
 * request must never wait without a limit, and a lost connection must never end the process.
 */
import { Pool, type PoolClient, type PoolConfig, type QueryResult, type QueryResultRow } from 'pg';
import { diedIdle } from './bounds.ts';
import { BusyError } from './unavailable.ts';

export interface PoolOptions {
  readonly connectionString: string;
  readonly size: number;
  /** Milliseconds a request may wait for a connection. */
  readonly waitMs: number;
  /** Requests that may wait at the same time; the next one fails at once. undefined = no limit. */
  readonly queue?: number | undefined;
  /** Receives the milliseconds that each request has waited. */
  readonly waited?: ((ms: number) => void) | undefined;
  readonly log: (line: string) => void;
}

/** Milliseconds for each query of the server's own (askBriefly). */
const QUESTION_MS = 5000;

export function createPool(options: PoolOptions): Pool {
  const pool = new BoundedPool(options, {
    connectionString: options.connectionString,
    max: options.size,
    connectionTimeoutMillis: options.waitMs,
    // A firewall or NAT may drop an idle connection without telling either end.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    application_name: 'rowguard',
  });
  // A backend that dies raises `error` on the pool (idle) or on its client (in use); without a
  // listener on both Node would end the process.
  pool.on('error', (error) => options.log(`database connection lost: ${error.message}`));
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/**
 * Runs a short query of the server's own (not of a GraphQL request) with a time limit, so that a hung database
 * does not hang the caller. The query must be safe to run twice: it is repeated on another connection if the
 * first one had died in the pool.
 */
export async function askBriefly<R extends QueryResultRow>(
  pool: Pool,
  text: string,
  values: unknown[] = [],
): Promise<QueryResult<R>> {
  // Not prepared: prepared statements do not survive every pooler, and these queries are rare.
  const question = { text, values, query_timeout: QUESTION_MS };
  for (let again = pool.options.max; ; again--) {
    // A failing connect() is final. Only a pooled connection that turns out dead is replaced.
    const client = await pool.connect();
    try {
      const result = await client.query<R>(question);
      client.release();
      return result;
    } catch (error) {
      const dead = diedIdle(error);
      client.release(dead);
      if (again === 0 || !dead || isLate(error)) throw error;
    }
  }
}

/** pg's message for `query_timeout`: the database has the query and does not answer. */
const isLate = (error: unknown): boolean => /Query read timeout/.test(String(error));

type Callback = (
  error: Error | undefined,
  client: PoolClient | undefined,
  done: (release?: boolean | Error) => void,
) => void;

class BoundedPool extends Pool {
  readonly #size: number;
  readonly #queue: number;
  readonly #waited: (ms: number) => void;

  constructor({ size, queue, waited }: PoolOptions, config: PoolConfig) {
    super(config);
    this.#size = size;
    this.#queue = queue ?? Number.POSITIVE_INFINITY;
    this.#waited = waited ?? (() => {});
  }

  /** Both forms: pool.query() uses the one with a callback. */
  override connect(): Promise<PoolClient>;
  override connect(callback: Callback): void;
  override connect(callback?: Callback): Promise<PoolClient> | undefined {
    if (!callback) {
      return new Promise((resolve, reject) => {
        this.connect((error, client) => (client ? resolve(client) : reject(error)));
      });
    }
    const full = this.idleCount === 0 && this.totalCount >= this.#size;
    if (full && this.waitingCount >= this.#queue) {
      process.nextTick(
        callback,
        new BusyError('too many requests wait for a database connection'),
        undefined,
        () => {},
      );
      return;
    }
    const since = performance.now();
    super.connect((error, client, done) => {
      this.#waited(performance.now() - since);
      callback(error, client, done);
    });
    return;
  }
}
