/**
 * Finds accounts that another server process or the owner has deleted. Takes a pool, calls `forget` with each
 * id. Must never query without a request: an idle serverless database should be able to sleep.
 */
import type { Pool } from 'pg';
import { askBriefly } from '../database/pool.ts';

/** Milliseconds. An older answer is refreshed in the background, and requests do not wait. */
const REFRESH_AFTER_MS = 2000;

/** Milliseconds. An older answer is refreshed before the request continues. */
const DISTRUST_AFTER_MS = 4000;

/**
 * Seconds between a deletion and its commit. A deletion in a longer transaction is not noticed here, but the
 * account has no rows and cannot get new ones.
 */
const OVERLAP_S = 600;

export class Deletions {
  readonly #pool: Pool;
  readonly #forget: (userId: number) => void;
  readonly #log: (line: string) => void;
  /** When the last successful query began. A new process knows no accounts, so it starts with now. */
  #askedAt = performance.now();
  /** Deletions by this process; #answered: how many of them the last answer includes. */
  #expirations = 0;
  #answered = 0;
  /** The query in flight. `after`: deletions by this process before it began. */
  #asking: { readonly after: number; readonly done: Promise<void> } | undefined;

  constructor(pool: Pool, forget: (userId: number) => void, log: (line: string) => void) {
    this.#pool = pool;
    this.#forget = forget;
    this.#log = log;
  }

  /** Resolves when every deletion older than DISTRUST_AFTER_MS is known. undefined = no need to wait. */
  upToDate(): Promise<void> | undefined {
    const age = performance.now() - this.#askedAt;
    if (this.#answered < this.#expirations || age > DISTRUST_AFTER_MS) return this.#ask();
    if (age > REFRESH_AFTER_MS) {
      this.#ask().catch((error: Error) =>
        this.#log(`could not look for deleted accounts: ${error.message}`),
      );
    }
    return undefined;
  }

  /** Counts a deletion by this process. An answer from before it no longer counts. */
  expire(): void {
    this.#expirations++;
  }

  #ask(): Promise<void> {
    if (this.#asking?.after !== this.#expirations) {
      const asking = { after: this.#expirations, done: this.#query(this.#expirations) };
      const clear = () => {
        if (this.#asking === asking) this.#asking = undefined;
      };
      asking.done.then(clear, clear);
      this.#asking = asking;
    }
    return this.#asking.done;
  }

  async #query(after: number): Promise<void> {
    const now = performance.now();
    // A duration by this process's clock, subtracted from the database's clock: the clocks may differ.
    const { rows } = await askBriefly<{ id: number }>(
      this.#pool,
      'select app_private.deletions_since(now() - make_interval(secs => $1)) as id',
      [(now - this.#askedAt) / 1000 + OVERLAP_S],
    );
    for (const { id } of rows) this.#forget(id);
    this.#askedAt = Math.max(this.#askedAt, now);
    this.#answered = Math.max(this.#answered, after);
  }
}
