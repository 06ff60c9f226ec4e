/**
 * Records the statements of one operation and their replies. When a compiled operation gives up, grafast
 * runs the operation from its beginning and gets the recorded replies, so errors are grafast's own. It must
 * never send a write a second time, and never give a statement the reply to another.
 */
import type { PgClientQuery, PgClientResult, WithPgClient } from 'postgraphile/@dataplan/pg';
import { Fallback } from './frame.ts';

type Reply = PgClientResult<unknown>;

/** One call of withPgClient. */
interface Call {
  /** The statement. Undefined if no connection could be had. */
  readonly asked: () => PgClientQuery | undefined;
  /** Settles when the transaction has ended. */
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

  /** Replaces withPgClient. Its callback may send one query() and return that query's result, no more. */
  readonly record = ((pgSettings, use) => {
    // A step that was still running when another one failed.
    if (this.#over) return Promise.reject(new Fallback('the operation has been given up'));
    let asked: PgClientQuery | undefined;
    const reply = this.#withPgClient(pgSettings, (client) => {
      // Called again if the adaptor repeats a read on another connection.
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
   * Ends the recording and waits for the replies that are still due. Resolves to the withPgClient for the
   * second run: it returns the recorded replies first, and asks the database for everything else.
   */
  async replay(): Promise<WithPgClient> {
    this.#over = true;
    const live = this.#withPgClient;
    await Promise.allSettled(this.#calls.map(({ reply }) => reply));
    /** In the order of sending. A mutation takes each reply out once; a query may read it again. */
    const calls = [...this.#calls];
    const replyTo = (question: PgClientQuery): Promise<Reply> | undefined => {
      const same = calls.find(({ asked }) => isSame(asked(), question));
      // A call without a connection has no text: its failure belongs to any statement of a query, but in a
      // mutation only to the next statement in order.
      const unasked = this.#writes ? calls.slice(0, 1) : calls;
      const call = same ?? unasked.find(({ asked }) => !asked());
      if (this.#writes) {
        // Nobody can tell whether a statement with another text has done the same write already.
        if (!call)
          throw new Error('the second run of a mutation sent a statement that the first did not');
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
