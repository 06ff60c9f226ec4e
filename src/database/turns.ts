/**
 * Limits how many statements of one person run at the same time in this process. The rest of that person's
 * statements wait in order, outside the pool, so that they never hold a connection others need. Takes a
 * person's id and work; returns what the work returns, or rejects with QueueFullError. Must never make one
 * person wait for another.
 */
import { type Caller, CallerGoneError } from './request.ts';
import { QueueFullError } from './unavailable.ts';

export interface TurnOptions {
  /** Statements of one person in flight. */
  readonly limit: number;
  /** Statements of one person that may wait. */
  readonly queue: number;
  /** How long a statement may wait for its turn, in milliseconds. */
  readonly waitMs: number;
}

interface Line {
  running: number;
  /** In the order in which they came. */
  readonly waiting: Set<() => void>;
}

export class Turns {
  readonly #options: TurnOptions;
  readonly #lines = new Map<string, Line>();

  constructor(options: TurnOptions) {
    this.#options = options;
  }

  /** People with a statement in flight: nobody else is remembered. */
  get size(): number {
    return this.#lines.size;
  }

  async take<T>(person: string, work: () => Promise<T>, caller?: Caller): Promise<T> {
    let line = this.#lines.get(person);
    if (!line) {
      line = { running: 0, waiting: new Set() };
      this.#lines.set(person, line);
    }
    if (line.running < this.#options.limit) line.running++;
    else await this.#wait(line, caller);
    try {
      return await work();
    } finally {
      this.#pass(person, line);
    }
  }

  /** The turn goes to the next in line; without one the place becomes free. */
  #pass(person: string, line: Line): void {
    const [next] = line.waiting;
    if (next) next();
    else if (--line.running === 0) this.#lines.delete(person);
  }

  #wait({ waiting }: Line, caller: Caller | undefined): Promise<void> {
    const { queue, waitMs } = this.#options;
    if (caller?.gone) return Promise.reject(new CallerGoneError());
    if (waiting.size >= queue) {
      return Promise.reject(new QueueFullError('too many statements of this person wait'));
    }
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        waiting.delete(proceed);
        clearTimeout(late);
        stay?.();
      };
      const proceed = (): void => {
        leave();
        resolve();
      };
      const give = (error: Error) => (): void => {
        leave();
        reject(error);
      };
      const late = setTimeout(give(new QueueFullError('no turn in time')), waitMs);
      const stay = caller?.whenGone(() => give(new CallerGoneError())());
      waiting.add(proceed);
    });
  }
}
