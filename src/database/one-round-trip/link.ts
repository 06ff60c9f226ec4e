/**
 * One pooled connection as batches use it. Sends one batch at a time, passes the replies to it, and knows
 * which statements are prepared and whether the connection may be used again. It must never run a batch a
 * second time whose last statement may have run.
 */
import { type ClientBase, DatabaseError } from 'pg';
import { Batch, type BatchOptions, type BatchResult, isFatal, type Line } from './batch.ts';
import { dropConnection, type Wire, wireOf } from './driver.ts';
import { PreparedNames } from './prepared-names.ts';
import type { DriverNotice } from './result.ts';

/** The SQLSTATE for a lost connection. PostgreSQL cannot send it, so it is set here. */
const CONNECTION_FAILURE = '08006';

const links = new WeakMap<ClientBase, Link>();

export class Link implements Line {
  readonly client: ClientBase;
  readonly statements = new PreparedNames();
  readonly #wire: Wire;
  #batch: Batch | undefined;
  #broken = false;
  #answers = 0;

  /** The link of this connection; the same for as long as the connection lives. */
  static of(client: ClientBase): Link {
    let link = links.get(client);
    if (!link) {
      link = new Link(client);
      links.set(client, link);
    }
    return link;
  }

  private constructor(client: ClientBase) {
    this.client = client;
    this.#wire = wireOf(client);
    // The failed batch reports a lost connection. Without a listener Node would end the process.
    client.on('error', (error) => this.#end(error));
    client.on('notice', (notice) => this.#batch?.notice(notice as DriverNotice));
    this.#wire.on('parseComplete', () => this.#batch?.parseComplete());
    this.#wire.on('bindComplete', () => {
      this.#answers++;
      this.#batch?.bindComplete();
    });
    this.#wire.on('end', () => this.#end());
    // Bytes, not rows: a list inside a row arrives as one value of any size, and pg passes on only whole rows.
    // Must run before pg's own listener, which may end the batch.
    this.#wire.stream.prependListener('data', ({ byteLength }: Buffer) =>
      this.#batch?.received(byteLength),
    );
    // Must run before pg's own listener, which may send the next query.
    this.#wire.prependListener('readyForQuery', ({ status }) => {
      this.#answers++;
      const batch = this.#batch;
      this.#batch = undefined;
      batch?.readyForQuery(status);
    });
  }

  /** Whether the next request may use this connection: alive, idle, outside of a transaction. */
  get reusable(): boolean {
    return !this.#broken && !this.#batch && this.client.getTransactionStatus() === 'I';
  }

  /** Counts replies from the database. Unchanged: the database has not answered. */
  get answers(): number {
    return this.#answers;
  }

  /** Reads no more from the socket. Only for a connection that is dropped next. */
  pause(): void {
    this.#broken = true;
    this.#wire.stream.pause();
  }

  /** Destroys the socket. The running batch fails, and the pool drops the connection. */
  drop(): void {
    this.#broken = true;
    dropConnection(this.client);
  }

  /** pg calls this, through the batch, when the connection is free. */
  begin(batch: Batch): void {
    this.#batch = batch;
    try {
      batch.write(this.#wire);
    } catch (error) {
      // Half a message may have been sent: the connection is unusable.
      this.#broken = true;
      batch.fail(error as Error);
    }
  }

  async run(options: BatchOptions): Promise<BatchResult> {
    const batch = new Batch(this, options);
    this.client.query(batch);
    try {
      return await batch.outcome;
    } catch (error) {
      if (!(error instanceof DatabaseError) || isFatal(error)) this.#broken = true;
      if (options.afresh || !(this.#isStale(error, batch) || wasOutrun(error, options)))
        throw error;
      return this.run({ ...options, afresh: true });
    }
  }

  /**
   * Whether the error means that a prepared statement is outdated (by a migration) or missing. The last
   * statement has not run and the transaction has ended, so running the batch again is safe for reads and
   * writes. Inside withTransaction() nothing is prepared by name.
   */
  #isStale(error: unknown, batch: Batch): boolean {
    if (!(error instanceof DatabaseError) || isFatal(error)) return false;
    if (batch.bound >= batch.stepCount) return false;
    const { code = '' } = error;
    if (code === '42P05') return true; // duplicate_prepared_statement: the connection has it, our list does not
    if (batch.reused.length === 0) return false;
    if (code === '26000') this.statements.forgetAll(); // invalid_sql_statement_name: our list is wrong
    // 0A000 feature_not_supported: "cached plan must not change result type". 42xxx: a column, table or type of
    // the plan has changed. 42501 (permission) is found at Bind as well, but a new plan would not help.
    // XX000: "cache lookup failed for type": a parameter's type was dropped, perhaps to be created again.
    return ['26000', '0A000', 'XX000'].includes(code) || (/^42/.test(code) && code !== '42501');
  }

  /** The connection is gone. Nobody knows whether the transaction was committed, so the batch fails. */
  #end(cause?: Error): void {
    this.#broken = true;
    const batch = this.#batch;
    this.#batch = undefined;
    const lost = new Error('the database connection was lost', { cause });
    batch?.fail(Object.assign(lost, { code: CONNECTION_FAILURE }));
  }
}

/**
 * Whether a migration has overtaken the statement: it was planned, then a function in it waited for the
 * migration's lock and returned a row with the new columns. PostgreSQL has rolled back the transaction, which
 * was this batch only, so the batch may run again.
 */
const wasOutrun = (error: unknown, { expects, steps }: BatchOptions): boolean =>
  error instanceof DatabaseError &&
  error.code === '42804' && // datatype_mismatch: our statements cannot cause it by themselves
  error.routine === 'tupledesc_match' &&
  expects === 'I' &&
  steps.length > 1;
