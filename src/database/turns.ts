/**
 * How many statements of one person may be in flight in this process. Takes a person's id; the caller gets
 * a turn at once, waits for one in the order of asking, or is refused. Wraps a withPgClient so that no
 * person can take the connection pool from the others. Never holds a connection while a person waits.
 */
import type { WithPgClient } from 'postgraphile/@dataplan/pg';
import type { NodePostgresPgClient } from 'postgraphile/adaptors/pg';
import { CallerGoneError } from './bounds.ts';
import { type Caller, callerOf } from './request.ts';
import { USER_ID_SETTING } from './session.ts';
import { BusyError } from './unavailable.ts';

export interface TurnsOptions {
  /** Statements of one person in flight at the same time. */
  readonly concurrent: number;
  /** Statements of one person that may wait; undefined = no limit. */
  readonly queue: number | undefined;
  /** Milliseconds that a statement waits for its turn. */
  readonly waitMs: number;
}

interface Person {
  running: number;
  readonly waiting: Set<() => void>;
}

export class Turns {
  readonly #options: TurnsOptions;
  /** People with a statement in flight; nobody else is remembered. */
  readonly #people = new Map<string, Person>();

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /** Undefined: it is the caller's turn. Otherwise resolves at their turn or rejects. */
  enter(id: string, caller: Caller | undefined): Promise<void> | undefined {
    const person = this.#people.get(id);
    if (!person) {
      this.#people.set(id, { running: 1, waiting: new Set() });
      return undefined;
    }
    if (person.running < this.#options.concurrent) {
      person.running++;
      return undefined;
    }
    const { queue = Number.POSITIVE_INFINITY, waitMs } = this.#options;
    if (person.waiting.size >= queue) return Promise.reject(new BusyError('too many statements'));
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        person.waiting.delete(turn);
        clearTimeout(late);
        stay?.();
        settle();
      };
      const turn = (): void => end(resolve);
      const late = setTimeout(() => end(() => reject(new BusyError('waited too long'))), waitMs);
      const stay = caller?.whenGone(() => end(() => reject(new CallerGoneError())));
      person.waiting.add(turn);
    });
  }

  /** After each turn that was given. The one who has waited longest is next. */
  leave(id: string): void {
    const person = this.#people.get(id);
    if (!person) return;
    const [next] = person.waiting;
    if (next) next();
    else if (--person.running === 0) this.#people.delete(id);
  }
}

type Ask = WithPgClient<NodePostgresPgClient>;

/** What is nobody's (the catalogue, read for the API) has no limit. */
export function inTurns(withPgClient: Ask, turns: Turns): Ask {
  const ask: Ask = async (pgSettings, callback) => {
    const id = pgSettings?.[USER_ID_SETTING];
    if (id === undefined) return withPgClient(pgSettings, callback);
    const wait = turns.enter(id, callerOf(pgSettings));
    if (wait) await wait;
    try {
      return await withPgClient(pgSettings, callback);
    } finally {
      turns.leave(id);
    }
  };
  ask.release = () => withPgClient.release?.();
  return ask;
}
