/**
 * One connection of the pool, as the batches use it: sends one at a time, hands every reply to it, and
 * knows what the connection has prepared and whether it may be used again.
 */
import { type ClientBase, DatabaseError } from 'pg';
import { Batch, type BatchOptions, type BatchResult, isFatal, type Line } from './batch.ts';
import { dropConnection, type Wire, wireOf } from './driver.ts';
import { PreparedNames } from './prepared-names.ts';
import type { DriverNotice } from './result.ts';

/** The SQLSTATE of a lost connection, which PostgreSQL itself can not say any more. */
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
    // A lost connection is told by the batch it fails; without a listener Node would end the process.
    client.on('error', (error) => this.#end(error));
    client.on('notice', (notice) => this.#batch?.notice(notice as DriverNotice));
    this.#wire.on('parseComplete', () => this.#batch?.parseComplete());
    this.#wire.on('bindComplete', () => {
      this.#answers++;
      this.#batch?.bindComplete();
    });
    this.#wire.on('end', () => this.#end());
    // Before pg's own listener, which may already send the next query.
    this.#wire.prependListener('readyForQuery', ({ status }) => {
      this.#answers++;
      const batch = this.#batch;
      this.#batch = undefined;
      batch?.readyForQuery(status);
    });
  }

  /** Whether the next request may have this connection: alive, idle and outside any transaction. */
  get reusable(): boolean {
    return !this.#broken && !this.#batch && this.client.getTransactionStatus() === 'I';
  }

  /** Grows with every answer from the database. */
  get answers(): number {
    return this.#answers;
  }

  /** Closes the connection without a word: whatever it is running fails, and nobody gets it again. */
  drop(): void {
    this.#broken = true;
    dropConnection(this.client);
  }

  /** Called when pg has nothing else on the connection. */
  begin(batch: Batch): void {
    this.#batch = batch;
    try {
      batch.write(this.#wire);
    } catch (error) {
      // Half a message may be on the wire: nothing more can be said here.
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
   * Whether an error says that a statement prepared earlier no longer fits: outdated by a migration, or
   * gone. It was found before the last step ran and its transaction has ended, so running everything
   * again is safe for reads and writes alike. Inside a transaction nothing is prepared by name.
   */
  #isStale(error: unknown, batch: Batch): boolean {
    if (!(error instanceof DatabaseError) || isFatal(error)) return false;
    if (batch.bound >= batch.stepCount) return false;
    const { code = '' } = error;
    if (code === '42P05') return true; // duplicate_prepared_statement: held, though we had forgotten
    if (batch.reused.length === 0) return false;
    if (code === '26000') this.statements.forgetAll(); // invalid_sql_statement_name: not held after all
    // feature_not_supported, of a plan whose result would change; or a name or type it was built on.
    // Permission (42501) is checked at Bind too, but is no matter of the plan's age.
    return code === '26000' || code === '0A000' || (/^42/.test(code) && code !== '42501');
  }

  /** Whether the transaction was committed is then unknown, which must never pass for success. */
  #end(cause?: Error): void {
    this.#broken = true;
    const batch = this.#batch;
    this.#batch = undefined;
    const lost = new Error('the database connection was lost', { cause });
    batch?.fail(Object.assign(lost, { code: CONNECTION_FAILURE }));
  }
}

/**
 * Whether a migration has outrun a statement: it had been planned when a function of it waited for the
 * migration's lock, and the function then returned a row of the new shape. Its transaction, which was this
 * batch and nothing else, has been rolled back.
 */
const wasOutrun = (error: unknown, { expects, steps }: BatchOptions): boolean =>
  error instanceof DatabaseError &&
  error.code === '42804' && // datatype_mismatch, which a statement of ours can not have by itself
  error.routine === 'tupledesc_match' &&
  expects === 'I' &&
  steps.length > 1;
