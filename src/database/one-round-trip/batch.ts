/**
 * Several statements under one Sync: written at once, run by PostgreSQL as one transaction, answered
 * together. pg calls submit() when the connection is free and the handle…() methods for the replies;
 * a Link tells it of the replies that pg keeps to itself. The outcome is given out at ReadyForQuery and
 * not before: until then a deferred constraint can still undo everything.
 * https://www.postgresql.org/docs/18/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
 */
import { type ClientBase, DatabaseError, type FieldDef, type Submittable } from 'pg';
import { toParameter, type Wire } from './driver.ts';
import type { PreparedNames } from './prepared-names.ts';
import { type DriverNotice, type PgNotice, Rows, toNotice } from './result.ts';

export interface BatchStatement {
  readonly text: string;
  readonly values?: readonly unknown[] | undefined;
  /** Prepared under this name; without one it is parsed each time. */
  readonly name?: string | undefined;
}

export interface BatchResult {
  /** Of the last step. */
  readonly result: Rows;
  readonly notices: readonly PgNotice[];
}

export interface BatchOptions {
  readonly steps: readonly BatchStatement[];
  readonly arrays: boolean;
  /** What ReadyForQuery must say: I, all is committed; T, inside an open transaction. */
  readonly expects: 'I' | 'T';
  /** Prepare anew even what the connection is thought to hold. */
  readonly afresh: boolean;
}

/** The connection a batch goes out on, and who is told that its turn has come. */
export interface Line {
  readonly client: ClientBase;
  readonly statements: PreparedNames;
  begin(batch: Batch): void;
}

export class Batch implements Submittable {
  readonly outcome: Promise<BatchResult>;
  /** Steps whose Bind has succeeded: the last one's has not, then it has not run. */
  bound = 0;
  /** Names bound without a Parse, on the strength of an earlier one. */
  readonly reused: string[] = [];
  readonly #line: Line;
  readonly #steps: readonly (BatchStatement & { parameters: (string | Buffer | null)[] })[];
  readonly #options: BatchOptions;
  readonly #result: Rows;
  readonly #notices: PgNotice[] = [];
  /** Names whose ParseComplete is still to come, in the order sent; undefined: an unnamed one. */
  readonly #parsing: (string | undefined)[] = [];
  #completed = 0;
  #error: Error | undefined;
  readonly #settle: { resolve(outcome: BatchResult): void; reject(error: Error): void };

  /** Throws where a value can not be a parameter: later, half a message would be on the wire. */
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
        // Only the last step's rows are wanted, and only objects need to know what they are called.
        if (index === this.#steps.length - 1 && !this.#options.arrays) wire.describe({ type: 'P' });
        wire.execute({});
      }
      wire.sync();
    } finally {
      wire.stream.uncork();
    }
  }

  /** Close comes first: after an error the server skips everything up to Sync. */
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

  /** The transaction has ended, one way or the other. */
  readyForQuery(status: string): void {
    if (!this.#error && status === this.#options.expects) {
      this.#settle.resolve({ result: this.#result, notices: this.#notices });
    } else this.fail(new Error(`a statement left the transaction in state ${status}`));
  }

  /** Nothing more will come. What the server said last, if anything, is the better explanation. */
  fail(error: Error): void {
    this.#settle.reject(this.#error ?? error);
  }

  // What pg calls.

  /**
   * A method, and no function that is assigned to each batch: V8 would make that one among its old objects,
   * where it keeps the rows until the next full collection (docs/performance.md, "Garbage").
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

  /** COPY FROM STDIN has no place here; refused, it ends as an ordinary error. */
  handleCopyInResponse(wire: Wire): void {
    wire.sendCopyFail('COPY is not supported here');
    // The one that was sent has been taken for data.
    wire.sync();
  }

  handleCopyData(): void {}

  handleError(error: Error): void {
    this.#error ??= error;
    // After an error ReadyForQuery still follows, unless it was the connection's last word.
    if (!(error instanceof DatabaseError) || isFatal(error)) this.fail(error);
  }

  handleReadyForQuery(): void {}
}

export const isFatal = (error: DatabaseError): boolean =>
  error.severity === 'FATAL' || error.severity === 'PANIC';
