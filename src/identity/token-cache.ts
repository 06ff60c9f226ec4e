/**
 * Tokens that were verified a moment ago, so that a repeated one costs a hash instead of a signature
 * check. It holds no token, only its SHA-256; it remembers no failure; and it forgets everything when
 * the keys change.
 */
import { hash } from 'node:crypto';
import type { Identity } from './identity.ts';

/** Tokens remembered; beyond that the one unused for longest goes. */
const MAX_TOKENS = 10_000;

interface Entry {
  readonly identity: Identity;
  /** Seconds since 1970: from then on the token is expired. */
  readonly until: number;
}

export class TokenCache {
  readonly #max: number;
  readonly #entries = new Map<string, Entry>();
  #version = -1;

  constructor(max = MAX_TOKENS) {
    this.#max = max;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** `version`: of the keys, now. */
  get(token: string, version: number): Identity | undefined {
    if (version !== this.#version) this.#start(version);
    const key = digest(token);
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    if (Date.now() >= entry.until * 1000) return undefined;
    // Last again: a Map keeps the order of insertion, so the first is the longest unused.
    this.#entries.set(key, entry);
    return entry.identity;
  }

  /** `version`: of the keys when the signature was checked. */
  set(token: string, version: number, identity: Identity, until: number): void {
    if (version !== this.#version) return;
    this.#entries.set(digest(token), { identity, until });
    if (this.#entries.size <= this.#max) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }

  #start(version: number): void {
    this.#entries.clear();
    this.#version = version;
  }
}

/** Only a token that was verified is ever found, so nobody can look for collisions from outside. */
const digest = (token: string): string => hash('sha256', token, 'base64');
