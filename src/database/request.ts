/**
 * What the database modules know of a request besides its settings: whether the client still waits for the
 * answer, and whether the request may be sent twice. Kept in maps keyed by the settings object, which must
 * never get another property: PostgreSQL receives all of them.
 */
import type { PgSettings } from './one-round-trip/preamble.ts';

/** The client has hung up. Nobody reads the answer, so this is no error to log. */
export class CallerGoneError extends Error {
  readonly code = 'ECONNABORTED';
  constructor() {
    super('the client has gone');
    this.name = 'CallerGoneError';
  }
}

/** The client of a request, until the client hangs up. */
export class Caller {
  /** Bytes that the database has sent for the request, by all its statements together. */
  receivedBytes = 0;
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

  /** Calls `listener` when the client hangs up. Returns a function that removes the listener. */
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

export const callerOf = (pgSettings: object | null | undefined): Caller | undefined =>
  pgSettings ? callers.get(pgSettings) : undefined;

/** For a GraphQL query, which is safe to send twice. Never for a mutation. */
export function markRead(pgSettings: object): void {
  reads.add(pgSettings);
}

export const isRead = (pgSettings: PgSettings): boolean =>
  pgSettings !== null && reads.has(pgSettings);
