/**
 * Learns which people have new changes. Takes the pool, returns a follower for each stream. While nobody follows it
 * asks the database nothing; while somebody does, one small query each `pollMs` for all of them together. A write
 * through this process wakes its person's followers at once. Never reads a row.
 */
import type { Pool } from 'pg';
import { askBriefly } from '../database/pool.ts';

export interface Follower {
  /** The version of the last change that this stream has read. */
  version: string;
  /** Resolves when there may be more, or when the account is gone. */
  news(): Promise<'changed' | 'gone' | 'closed'>;
  close(): void;
}

interface Line {
  readonly follower: Follower;
  wake(why: 'changed' | 'gone' | 'closed'): void;
}

export interface VersionsOptions {
  readonly pool: Pool;
  readonly pollMs: number;
  readonly log: (line: string) => void;
  /** Called with the duration of each query, in milliseconds. */
  readonly polled?: (ms: number) => void;
}

export class Versions {
  readonly #options: VersionsOptions;
  readonly #people = new Map<number, Set<Line>>();
  #timer: NodeJS.Timeout | undefined;
  #failing = false;

  constructor(options: VersionsOptions) {
    this.#options = options;
  }

  follow(userId: number): Follower {
    let resolve: ((why: 'changed' | 'gone' | 'closed') => void) | undefined;
    let noted: 'changed' | 'gone' | 'closed' | undefined;
    const lines = this.#people.get(userId) ?? new Set();
    this.#people.set(userId, lines);
    const follower: Follower = {
      version: '',
      news: () =>
        new Promise((done) => {
          if (noted) done(noted);
          else resolve = done;
          if (noted === 'changed') noted = undefined;
        }),
      close: () => {
        line.wake('closed');
        lines.delete(line);
        if (lines.size === 0 && this.#people.get(userId) === lines) this.#people.delete(userId);
      },
    };
    const line: Line = {
      follower,
      wake(why) {
        const waiting = resolve;
        resolve = undefined;
        if (waiting && why === 'changed') waiting(why);
        else if (noted === undefined || noted === 'changed') noted = why;
        if (why !== 'changed') waiting?.(why);
      },
    };
    lines.add(line);
    this.#schedule();
    return follower;
  }

  /** After a write of this person through this process. */
  wake(userId: number): void {
    for (const line of this.#people.get(userId) ?? []) line.wake('changed');
  }

  #schedule(): void {
    if (this.#timer || this.#people.size === 0) return;
    this.#timer = setTimeout(() => {
      void this.#poll().finally(() => {
        this.#timer = undefined;
        this.#schedule();
      });
    }, this.#options.pollMs);
    this.#timer.unref();
  }

  async #poll(): Promise<void> {
    const asked = [...this.#people];
    if (asked.length === 0) return;
    const since = performance.now();
    try {
      const { rows } = await askBriefly<{ user_id: number; version: string }>(
        this.#options.pool,
        'select user_id, version::text as version from app_private.versions_of($1)',
        [asked.map(([userId]) => userId)],
      );
      this.#options.polled?.(performance.now() - since);
      this.#failing = false;
      const versions = new Map(rows.map(({ user_id, version }) => [user_id, version]));
      for (const [userId, lines] of asked) {
        const version = versions.get(userId);
        for (const line of lines) {
          if (version === undefined) line.wake('gone');
          else if (version !== line.follower.version) line.wake('changed');
        }
      }
    } catch (error) {
      if (!this.#failing) {
        this.#options.log(`could not ask for changes: ${(error as Error).message}`);
      }
      this.#failing = true;
    }
  }
}
