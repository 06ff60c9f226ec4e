/**
 * Who was deleted, on any server process or by the owner's hand. Receives a pool; tells `forget` the ids.
 * It asks only while requests come: an idle server leaves an idle database asleep.
 */
import type { Pool } from 'pg';
import { askBriefly } from '../database/pool.ts';

/** What is older is asked again in the background, while requests go on. */
const REFRESH_AFTER_MS = 2000;

/** What is older is asked again before the request goes on: nobody was here for a while. */
const DISTRUST_AFTER_MS = 4000;

/**
 * How long a transaction may stay open between a deletion and its commit and still be noticed, in
 * seconds. An account deleted in a longer one has no rows all the same, and no way to get any.
 */
const OVERLAP_S = 600;

export class Deletions {
  readonly #pool: Pool;
  readonly #forget: (userId: number) => void;
  readonly #log: (line: string) => void;
  /** When the last good answer was asked for. Before that nobody was known, and nobody to be forgotten. */
  #askedAt = performance.now();
  /** Deletions known to have happened here, and how many of them had when the last answer was asked for. */
  #expirations = 0;
  #answered = 0;
  /** The question under way, and how many deletions it comes after. */
  #asking: { readonly after: number; readonly done: Promise<void> } | undefined;

  constructor(pool: Pool, forget: (userId: number) => void, log: (line: string) => void) {
    this.#pool = pool;
    this.#forget = forget;
    this.#log = log;
  }

  /** Resolves when every deletion of a few seconds ago is known. Nearly always there is nothing to wait for. */
  upToDate(): Promise<void> | undefined {
    const age = performance.now() - this.#askedAt;
    if (this.#answered < this.#expirations || age > DISTRUST_AFTER_MS) return this.#ask();
    if (age > REFRESH_AFTER_MS) {
      this.#ask().catch((error: Error) => this.#log(`deletions not asked for: ${error.message}`));
    }
    return undefined;
  }

  /** There is one more deletion: an answer from before it does not count. */
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
    // A length of time by our clock, a moment by the database's: the two need not agree.
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
