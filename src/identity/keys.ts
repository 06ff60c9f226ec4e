/**
 * The source of a verifier's keys: one shared secret, or the issuer's key set (key-set.ts). Takes the header
 * of a token, returns keys. A token must never choose between secret and key set.
 */
import type { CryptoKey } from 'jose';

export interface KeySource {
  /** Grows when keys change. Tokens remembered under an older version no longer count. */
  readonly version: number;
  /**
   * Called for every token, including remembered ones. Renews old keys. Returns undefined if the token need
   * not wait, at the cost of reading the clock.
   */
  upToDate(): Promise<void> | undefined;
  /** The keys that may have signed a token with this header; an empty list if there are none. */
  find(header: TokenHeader): Promise<readonly (Uint8Array | CryptoKey)[]>;
  /** Called after a bad signature. Returns whether the keys have changed and a second check makes sense. */
  renew(): Promise<boolean>;
}

export interface TokenHeader {
  readonly alg: string;
  readonly kid: string | undefined;
}

export function secretKey(secret: Uint8Array): KeySource {
  return {
    version: 0,
    upToDate: () => undefined,
    find: async () => [secret],
    renew: async () => false,
  };
}

/**
 * Keys were never fetched, so no token can be checked: answer 503. `retryAfterSeconds` is for the HTTP
 * header Retry-After.
 */
export class KeysUnavailableError extends Error {
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    super('the keys of the issuer were never fetched');
    this.name = 'KeysUnavailableError';
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
