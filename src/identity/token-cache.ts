/**
 * A cache of verified tokens: a repeated token costs a hash instead of a signature check. Takes a token and
 * the version of the keys, returns the identity or undefined. Must never hold a token (only its SHA-256),
 * store a refused token, or keep entries after a change of the keys.
 */
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Identity } from './identity.ts';

/** LRU limits. */
const MAX_TOKENS = 10_000;
const MAX_BYTES = 8 * 2 ** 20;

/** Bytes of an entry without its address. test/soak/weigh.ts: 304 with an address of 22 characters. */
const ENTRY_BYTES = 300;

interface Entry {
  readonly identity: Identity;
  /** Seconds since 1970 at which the token expires. */
  readonly until: number;
}

export class TokenCache {
  readonly #entries: LRUCache<string, Entry>;
  #version = -1;

  constructor(max = MAX_TOKENS) {
    this.#entries = new LRUCache({
      max,
      maxSize: MAX_BYTES,
      sizeCalculation: ({ identity }) => ENTRY_BYTES + 2 * (identity.email?.length ?? 0),
    });
  }

  get size(): number {
    return this.#entries.size;
  }

  /** `version`: current version of the keys. */
  get(token: string, version: number): Identity | undefined {
    if (version !== this.#version) this.#start(version);
    const key = digest(token);
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    if (Date.now() < entry.until * 1000) return entry.identity;
    this.#entries.delete(key);
    return undefined;
  }

  /** `version`: version of the keys that checked the signature. `until`: seconds since 1970. */
  set(token: string, version: number, identity: Identity, until: number): void {
    if (version !== this.#version) return;
    this.#entries.set(digest(token), { identity, until });
  }

  #start(version: number): void {
    this.#entries.clear();
    this.#version = version;
  }
}

/** The key of a token that passed. Only such tokens are stored, so a client cannot search for collisions. */
const digest = (token: string): string => hash('sha256', token, 'base64');
