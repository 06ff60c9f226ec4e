/**
 * Where a verifier gets its keys: one shared secret, or the key set that the issuer publishes (key-set.ts).
 * Takes the header of a token, returns keys. A token must never choose between the two.
 */
import type { CryptoKey } from 'jose';

export interface KeySource {
  /** Grows when keys change: what was verified before no longer counts. */
  readonly version: number;
  /**
   * Called for every token, also for one that is remembered. Renews keys that have aged. undefined =
   * nothing to wait for, which costs one look at the clock.
   */
  upToDate(): Promise<void> | undefined;
  /** The keys that may have signed a token with this header; none is an answer, not an error. */
  find(header: TokenHeader): Promise<readonly (Uint8Array | CryptoKey)[]>;
  /** After a bad signature: whether the keys have changed, so that another try makes sense. */
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
