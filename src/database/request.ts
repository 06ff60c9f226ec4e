/**
 * Two facts about a request that the database module needs beside its settings: whether its client is still
 * connected, and whether it is a read. Kept in weak maps by the settings object, because every key of that
 * object becomes a setting in PostgreSQL.
 */
import type { PgSettings } from './one-round-trip/preamble.ts';

/** The client of a request, until it closes its connection. */
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

  /** Calls `listener` when the client leaves. Returns a function that removes the listener. */
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

/** Marks a GraphQL query, which may be sent to PostgreSQL twice. Never call it for a mutation. */
export function markRead(pgSettings: object): void {
  reads.add(pgSettings);
}

export const isRead = (pgSettings: PgSettings): boolean =>
  pgSettings !== null && reads.has(pgSettings);
