/**
 * Several statements under one Sync: one write, one transaction, one answer. pg calls submit() when the
 * connection is free and the handle…() methods for the replies; a Link passes on the replies that pg does
 * not. The result must never be available before ReadyForQuery: until then a deferred constraint can still
 * undo the transaction.
 * https://www.postgresql.org/docs/18/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
 */
import { type ClientBase, DatabaseError, type FieldDef, type Submittable } from 'pg';
import { toParameter, type Wire } from './driver.ts';
import type { PreparedNames } from './prepared-names.ts';
import { type DriverNotice, type PgNotice, Rows, toNotice } from './result.ts';

export interface BatchStatement {
  readonly text: string;
  readonly values?: readonly unknown[] | undefined;
  /** Name of the prepared statement; without one PostgreSQL parses the text each time. */
  readonly name?: string | undefined;
}

export interface BatchResult {
  /** The result of the last statement. */
  readonly result: Rows;
  readonly notices: readonly PgNotice[];
}

export type Received = (bytes: number) => void;

export interface BatchOptions {
  readonly steps: readonly BatchStatement[];
  readonly arrays: boolean;
  /** The status ReadyForQuery must have: I, idle after the commit; T, inside an open transaction. */
  readonly expects: 'I' | 'T';
  /** Whether to prepare every statement again, even those that the connection should have. */
  readonly afresh: boolean;
  /** Gets the bytes of each part of the answer, before they are parsed. */
  readonly received: Received;
}

/** The connection of a batch; begin() is called when the connection is free for it. */
export interface Line {
  readonly client: ClientBase;
  readonly statements: PreparedNames;
  begin(batch: Batch): void;
}

export class Batch implements Submittable {
  readonly outcome: Promise<BatchResult>;
  /** Number of statements whose Bind succeeded. Below the batch's length, the last statement has not run. */
  bound = 0;
  /** Names that were bound without a Parse, because an earlier batch has prepared them. */
  readonly reused: string[] = [];
  readonly #line: Line;
  readonly #steps: readonly (BatchStatement & { parameters: (string | Buffer | null)[] })[];
  readonly #options: BatchOptions;
  readonly #result: Rows;
  readonly #notices: PgNotice[] = [];
  /** Names whose ParseComplete is due, in the order sent; undefined stands for an unnamed statement. */
  readonly #parsing: (string | undefined)[] = [];
  #completed = 0;
  #error: Error | undefined;
  readonly #settle: { resolve(outcome: BatchResult): void; reject(error: Error): void };

  /** Throws if a value cannot be a parameter. Later would be too late: half a message could be sent. */
  constructor(line: Line, options: BatchOptions) {
    this.#line = line;
    this.#options = options;
    this.#result = new Rows(options.arrays);
    this.#steps = options.steps.map((step) => ({
      ...step,
      parameters: (step.values ?? []).map(toParameter),
    }));
    const { promise, resolve, reject } = Promise.withResolvers<BatchResult>();
    this.outcome = promise;
    this.#settle = { resolve, reject };
  }

  get stepCount(): number {
    return this.#steps.length;
  }

  write(wire: Wire): void {
    wire.stream.cork();
    try {
      this.#makeRoom(wire);
      for (const [index, { text, name, parameters }] of this.#steps.entries()) {
        if (name !== undefined && !this.#options.afresh && this.#line.statements.use(name)) {
          this.reused.push(name);
        } else {
          wire.parse({ name: name ?? '', text });
          this.#parsing.push(name);
        }
        wire.bind({ statement: name ?? '', values: parameters });
        // Only the last statement's rows are used, and only objects need the column names.
        if (index === this.#steps.length - 1 && !this.#options.arrays) wire.describe({ type: 'P' });
        wire.execute({});
      }
      wire.sync();
    } finally {
      wire.stream.uncork();
    }
  }

  /** Closes prepared statements. Must be sent first: after an error the server skips everything up to Sync. */
  #makeRoom(wire: Wire): void {
    const held = ({ name }: BatchStatement) =>
      name === undefined || this.#line.statements.has(name);
    if (!this.#options.afresh && this.#steps.every(held)) return;
    const names = this.#steps.flatMap(({ name }) => name ?? []);
    if (this.#options.afresh) {
      for (const name of names) {
        this.#line.statements.forget(name);
        wire.close({ type: 'S', name });
      }
    }
    const coming = names.filter((name) => !this.#line.statements.use(name)).length;
    if (coming === 0) return;
    for (const name of this.#line.statements.makeRoom(coming)) wire.close({ type: 'S', name });
  }

  received(bytes: number): void {
    this.#options.received(bytes);
  }

  parseComplete(): void {
    const name = this.#parsing.shift();
    if (name !== undefined) this.#line.statements.add(name);
  }

  bindComplete(): void {
    this.bound++;
  }

  notice(notice: DriverNotice): void {
    this.#notices.push(toNotice(notice));
  }

  /** ReadyForQuery: the transaction was committed or rolled back, or is open (`expects` T). */
  readyForQuery(status: string): void {
    if (!this.#error && status === this.#options.expects) {
      this.#settle.resolve({ result: this.#result, notices: this.#notices });
    } else this.fail(new Error(`a statement left the transaction in state ${status}`));
  }

  /** Rejects with the server's own error if there was one, else with `error`. No reply follows. */
  fail(error: Error): void {
    this.#settle.reject(this.#error ?? error);
  }

  // What pg calls.

  /**
   * Must stay a method. V8 allocates a function that is assigned to each batch in its old generation, where
   * it keeps the rows alive until the next full collection (docs/performance.md).
   */
  submit(): void {
    this.#line.begin(this);
  }

  handleRowDescription(message: { fields: FieldDef[] }): void {
    this.#result.describe(message.fields, this.#line.client);
  }

  handleDataRow(message: { fields: (string | null)[] }): void {
    if (this.#error || this.#completed < this.#steps.length - 1) return;
    try {
      this.#result.add(message.fields);
    } catch (error) {
      this.#error = error as Error;
    }
  }

  handleCommandComplete(message: { text: string }): void {
    this.#completed++;
    this.#result.complete(message.text);
  }

  handleEmptyQuery(): void {
    this.#completed++;
  }

  handlePortalSuspended(): void {}

  /** COPY FROM STDIN is refused, so it ends as an ordinary error. */
  handleCopyInResponse(wire: Wire): void {
    wire.sendCopyFail('COPY is not supported here');
    // PostgreSQL discards the first Sync while it expects COPY data.
    wire.sync();
  }

  handleCopyData(): void {}

  handleError(error: Error): void {
    this.#error ??= error;
    // ReadyForQuery still follows, unless the error has ended the connection.
    if (!(error instanceof DatabaseError) || isFatal(error)) this.fail(error);
  }

  handleReadyForQuery(): void {}
}

export const isFatal = (error: DatabaseError): boolean =>
  error.severity === 'FATAL' || error.severity === 'PANIC';
