/**
 * The database client of a PostGraphile step. query() is one transaction in one round trip;
 * withTransaction() runs several statements in one transaction. Both run under the settings of one request.
 * A client must never work after its request has returned the connection: it rejects then.
 */
import type { PoolClient } from 'pg';
import type { PgClientQuery, PgClientResult } from 'postgraphile/@dataplan/pg';
import type { NodePostgresPgClient } from 'postgraphile/adaptors/pg';
import type { BatchOptions, BatchResult, BatchStatement, Received } from './batch.ts';
import type { Link } from './link.ts';
import type { PgSettings } from './preamble.ts';
import { statementName } from './prepared-names.ts';

/**
 * Wraps every batch: the place for a deadline, a limit of bytes or a cancel request. `received` is called with
 * the number of bytes of each part of the answer. `client` is the connection that the batch runs on.
 * `pgSettings` is the identical object of the operation's context, so it identifies the request.
 */
export type Dispatch = (
  send: (received: Received) => Promise<BatchResult>,
  about: { readonly client: PoolClient; readonly pgSettings: PgSettings },
) => Promise<BatchResult>;

export interface RequestOptions {
  readonly rawClient: PoolClient;
  readonly link: Link;
  readonly pgSettings: PgSettings;
  /** The statement that applies pgSettings. */
  readonly preamble: BatchStatement;
  readonly prepared: boolean;
  readonly dispatch: Dispatch;
}

/**
 * A statement with more values inserts many rows. Each number of rows is another text, which would push one out of
 * the connection's prepared statements that is used again.
 */
const MAX_PREPARED_VALUES = 32;

export class RequestClient implements NodePostgresPgClient {
  readonly rawClient: PoolClient;
  readonly #options: RequestOptions;
  /** 0 outside a transaction, 1 in one, more in savepoints. */
  readonly #depth: number;
  #last: Promise<unknown> = Promise.resolve();
  #ended = false;

  constructor(options: RequestOptions, depth = 0) {
    this.rawClient = options.rawClient;
    this.#options = options;
    this.#depth = depth;
  }

  query<TData>(query: PgClientQuery): Promise<PgClientResult<TData>> {
    return this.#inTurn(async () => {
      const { text, values } = query;
      const own = { text, values };
      // A failed statement aborts an open transaction, so an outdated one could not be prepared again there.
      const steps = this.#depth > 0 ? [own] : this.#named([this.#options.preamble, own]);
      const { result, notices } = await this.#run(steps, this.#depth > 0 ? 'T' : 'I', query);
      return { rows: result.rows as TData[], rowCount: result.rowCount, notices };
    });
  }

  withTransaction<T>(callback: (client: this) => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      const savepoint = `tx${this.#depth}`;
      const [begin, commit, rollback] =
        this.#depth === 0
          ? ([[{ text: 'begin' }, this.#options.preamble], 'commit', 'rollback'] as const)
          : ([
              [{ text: `savepoint ${savepoint}` }],
              `release savepoint ${savepoint}`,
              `rollback to savepoint ${savepoint}`,
            ] as const);
      const after = this.#depth === 0 ? 'I' : 'T';
      const inner = new RequestClient(this.#options, this.#depth + 1);
      try {
        await this.#run(begin, 'T');
        const value = await inner.#while(() => callback(inner as this));
        const { result } = await this.#run([{ text: commit }], after);
        // PostgreSQL answers COMMIT of a failed transaction with ROLLBACK and no error.
        if (result.command === 'ROLLBACK') throw new Error('the transaction was rolled back');
        return value;
      } catch (error) {
        // If the rollback fails too, the connection is not reusable and will be closed.
        if (this.rawClient.getTransactionStatus() !== 'I') {
          await this.#run([{ text: rollback }], after).catch(() => {});
        }
        throw error;
      }
    });
  }

  /** Runs `work`, then waits for queries that `work` did not await, and ends this client. */
  async #while<T>(work: () => T | Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      this.#ended = true;
      await this.#last;
    }
  }

  static use<T>(
    options: RequestOptions,
    work: (client: RequestClient) => T | Promise<T>,
  ): Promise<T> {
    const client = new RequestClient(options);
    return client.#while(() => work(client));
  }

  /** Queues `work`: a connection runs one batch at a time. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#ended) return Promise.reject(new Error('this request has ended'));
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }

  #named(steps: readonly BatchStatement[]): readonly BatchStatement[] {
    if (!this.#options.prepared) return steps;
    return steps.map((step) =>
      (step.values?.length ?? 0) > MAX_PREPARED_VALUES
        ? step
        : { ...step, name: statementName(step.text) },
    );
  }

  #run(
    steps: readonly BatchStatement[],
    expects: BatchOptions['expects'],
    { arrayMode = false }: Partial<PgClientQuery> = {},
  ): Promise<BatchResult> {
    const { link, rawClient, pgSettings, dispatch } = this.#options;
    return dispatch(
      (received) => link.run({ steps, expects, arrays: arrayMode, afresh: false, received }),
      { client: rawClient, pgSettings },
    );
  }
}
