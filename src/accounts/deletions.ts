/**
 * Finds out which accounts were deleted, by any server process or by the owner. Takes a pool, calls
 * `forget` with each id. Must never query while no requests come: an idle database may go to sleep.
 */
import type { Pool } from 'pg';
import { askBriefly } from '../database/pool.ts';

/** An older answer is refreshed in the background, while requests go on. */
const REFRESH_AFTER_MS = 2000;

/** An older answer is refreshed before the request goes on: there were no requests for a while. */
const DISTRUST_AFTER_MS = 4000;

/**
 * The longest time between a deletion and its commit that is still noticed, in seconds. An account
 * deleted in a longer transaction is not noticed here, but has no rows and can get none.
 */
const OVERLAP_S = 600;

export class Deletions {
  readonly #pool: Pool;
  readonly #forget: (userId: number) => void;
  readonly #log: (line: string) => void;
  /** When the last successful query began. Before the first one there is nobody to forget. */
  #askedAt = performance.now();
  /** Deletions by this process, and how many of them the last answer includes. */
  #expirations = 0;
  #answered = 0;
  /** The query in flight, and how many deletions it comes after. */
  #asking: { readonly after: number; readonly done: Promise<void> } | undefined;

  constructor(pool: Pool, forget: (userId: number) => void, log: (line: string) => void) {
    this.#pool = pool;
    this.#forget = forget;
    this.#log = log;
  }

  /** Resolves when every deletion older than DISTRUST_AFTER_MS is known. undefined = nothing to wait for. */
  upToDate(): Promise<void> | undefined {
    const age = performance.now() - this.#askedAt;
    if (this.#answered < this.#expirations || age > DISTRUST_AFTER_MS) return this.#ask();
    if (age > REFRESH_AFTER_MS) {
      this.#ask().catch((error: Error) => this.#log(`deletions not asked for: ${error.message}`));
    }
    return undefined;
  }

  /** One more deletion: an answer from before it does not count. */
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
    // The duration is by our clock, the moment by the database's: the two clocks need not agree.
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
