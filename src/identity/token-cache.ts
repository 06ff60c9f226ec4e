/**
 * Tokens that were verified lately, so that a repeated token costs a hash instead of a signature check.
 * Takes a token, returns its identity. Holds no token, only its SHA-256, within a fixed number of bytes.
 * Remembers no failure, and forgets everything when the keys change.
 */
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Identity } from './identity.ts';

/** Memory in bytes: about 20,000 people, more with short addresses. */
const MAX_BYTES = 8 * 1024 * 1024;

/** Of an entry without its e-mail address: measured 330 to 380. */
const BYTES_OF_ENTRY = 380;

interface Entry {
  readonly identity: Identity;
  /** Seconds since 1970: from then on the token is expired. */
  readonly until: number;
}

export class TokenCache {
  readonly #entries: LRUCache<string, Entry>;
  #version = -1;

  constructor(maxBytes = MAX_BYTES) {
    this.#entries = new LRUCache({
      maxSize: maxBytes,
      sizeCalculation: ({ identity }) => BYTES_OF_ENTRY + 2 * (identity.email?.length ?? 0),
    });
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
    if (Date.now() < entry.until * 1000) return entry.identity;
    this.#entries.delete(key);
    return undefined;
  }

  /** `version`: of the keys when the signature was checked. */
  set(token: string, version: number, identity: Identity, until: number): void {
    if (version === this.#version) this.#entries.set(digest(token), { identity, until });
  }

  #start(version: number): void {
    this.#entries.clear();
    this.#version = version;
  }
}

/** Only a verified token is ever found, so collisions can not be searched from outside. */
const digest = (token: string): string => hash('sha256', token, 'base64');
