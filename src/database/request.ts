/**
 * What the database rooms know of a request beside its settings: whether somebody still waits for the
 * answer, and whether it may be asked twice. Kept beside the settings object, which PostgreSQL gets as it is.
 */
import type { PgSettings } from './one-round-trip/preamble.ts';

/** Whoever waits for an answer, until they hang up. */
export class Caller {
  #gone = false;
  readonly #listeners = new Set<() => void>();

  get gone(): boolean {
    return this.#gone;
  }

  hangUp(): void {
    this.#gone = true;
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }

  /** Calls `listener` when they hang up; what it returns takes that back. */
  whenGone(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

const callers = new WeakMap<object, Caller>();
const reads = new WeakSet<object>();

export function setCaller(pgSettings: object, caller: Caller): void {
  callers.set(pgSettings, caller);
}

export const callerOf = (pgSettings: PgSettings): Caller | undefined =>
  pgSettings ? callers.get(pgSettings) : undefined;

/** Of a GraphQL query: it changes nothing, so asking again is safe. Never of a mutation. */
export function markRead(pgSettings: object): void {
  reads.add(pgSettings);
}

export const isRead = (pgSettings: PgSettings): boolean =>
  pgSettings !== null && reads.has(pgSettings);
