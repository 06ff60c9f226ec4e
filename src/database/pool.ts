/**
 * The server's pool of todo_authenticator connections. Takes a URL and bounds on waiting, returns a pg Pool.
 * Must never let more requests wait than the bound: the next one is refused at once.
 */
import { Pool, type PoolClient, type PoolConfig, type QueryResult, type QueryResultRow } from 'pg';
import { diedIdle } from './bounds.ts';
import { QueueFullError } from './unavailable.ts';

export interface PoolOptions {
  readonly connectionString: string;
  readonly size: number;
  /** How long a request may wait for a connection, in milliseconds. */
  readonly waitMs: number;
  /** How many requests may wait at the same time. undefined = no limit. */
  readonly queue?: number | undefined;
  /** Called with the waiting time of each request, in milliseconds. */
  readonly waited?: ((ms: number) => void) | undefined;
  readonly log: (line: string) => void;
}

/** How long the server's own short queries may take, in milliseconds. */
const QUESTION_MS = 5000;

export function createPool(options: PoolOptions): Pool {
  const pool = new BoundedPool(options, {
    connectionString: options.connectionString,
    max: options.size,
    connectionTimeoutMillis: options.waitMs,
    // A router in between may drop a connection without closing it at either end.
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
 * Runs a query of the server itself, with a timeout. Must only get queries that are safe to run twice: a
 * query that met a connection which had died in the pool is sent again.
 */
export async function askBriefly<R extends QueryResultRow>(
  pool: Pool,
  text: string,
  values: unknown[] = [],
): Promise<QueryResult<R>> {
  // Without a name: prepared statements do not survive every pooler, and these queries are rare.
  const question = { text, values, query_timeout: QUESTION_MS };
  for (let again = pool.options.max; ; again--) {
    // A failure to connect is final. Only a pooled connection that turns out dead is replaced.
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

/** pg's message for `query_timeout`: the query was sent and the database hangs. */
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

  /** Both forms, because pool.query() uses the one with a callback. */
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
        new QueueFullError('too many requests wait for a database connection'),
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
