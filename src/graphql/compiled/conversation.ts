/**
 * What the database was asked while one operation was carried out, and what it answered: when a compiled
 * operation gives up, grafast carries the operation out from its beginning and is given the same answers.
 * So it makes of them what it always makes. A write must never be sent a second time, and no statement
 * must ever have the answer to another.
 */
import type { PgClientQuery, PgClientResult, WithPgClient } from 'postgraphile/@dataplan/pg';
import { Fallback } from './frame.ts';

type Reply = PgClientResult<unknown>;

/** One call of withPgClient. */
interface Call {
  /** Undefined if there was no connection to ask. */
  readonly asked: () => PgClientQuery | undefined;
  /** Settled when the transaction has ended. */
  readonly reply: Promise<Reply>;
}

export class Conversation {
  readonly #withPgClient: WithPgClient;
  readonly #writes: boolean;
  readonly #calls: Call[] = [];
  #over = false;

  constructor(withPgClient: WithPgClient, { writes }: { writes: boolean }) {
    this.#withPgClient = withPgClient;
    this.#writes = writes;
  }

  /** Takes the place of withPgClient for steps that do no more than hand on the answer to one query(). */
  readonly record = ((pgSettings, use) => {
    // What went on beside a failure.
    if (this.#over) return Promise.reject(new Fallback('the operation has been given up'));
    let asked: PgClientQuery | undefined;
    const reply = this.#withPgClient(pgSettings, (client) => {
      // Again where a connection was found dead.
      const query = (question: PgClientQuery) => {
        asked ??= question;
        return client.query(question);
      };
      return use({ query } as typeof client);
    });
    this.#calls.push({ asked: () => asked, reply: reply as Promise<Reply> });
    return reply;
  }) as WithPgClient;

  /**
   * Ends the recording, waits until all that was asked has been answered, and resolves to what takes the
   * place of withPgClient when the operation is carried out again: the same answers, then live ones.
   */
  async replay(): Promise<WithPgClient> {
    this.#over = true;
    const live = this.#withPgClient;
    await Promise.allSettled(this.#calls.map(({ reply }) => reply));
    /** In the order in which they were made; of a mutation those that were not given out again. */
    const calls = [...this.#calls];
    const replyTo = (question: PgClientQuery): Promise<Reply> | undefined => {
      const same = calls.find(({ asked }) => isSame(asked(), question));
      // Without a connection there is a failure, whatever was to be asked; after a write only in its turn.
      const unasked = this.#writes ? calls.slice(0, 1) : calls;
      const call = same ?? unasked.find(({ asked }) => !asked());
      if (this.#writes) {
        // Whether it was written before, in other words, can not be told.
        if (!call) throw new Error('an operation was carried out in two different ways');
        calls.splice(calls.indexOf(call), 1);
      }
      return call?.reply;
    };
    return (async (pgSettings, use) => {
      if (calls.length === 0) return live(pgSettings, use);
      const query = (asked: PgClientQuery) =>
        replyTo(asked) ?? live(pgSettings, (client) => client.query(asked));
      return use({ query } as Parameters<typeof use>[0]);
    }) as WithPgClient;
  }
}

const isSame = (a: PgClientQuery | undefined, b: PgClientQuery): boolean =>
  a !== undefined && a.text === b.text && JSON.stringify(a.values) === JSON.stringify(b.values);
