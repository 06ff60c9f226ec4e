/**
 * Where a verifier gets its keys: one shared secret, or the issuer's published set (key-set.ts). Which
 * of the two is configuration; a token can not choose.
 */
import type { CryptoKey } from 'jose';

export interface KeySource {
  /** Grows when keys change: what was verified before counts no more. */
  readonly version: number;
  /**
   * Called for remembered tokens too: a remembered token is worth no more than its key.
   * Undefined = the keys are recent enough; otherwise resolves once the issuer has been asked.
   */
  upToDate(): Promise<void> | undefined;
  /** The keys that may have signed a token with this header; none is an answer, not an error. */
  find(header: TokenHeader): Promise<readonly (Uint8Array | CryptoKey)[]>;
  /** After a bad signature: whether there are now other keys, so that another try makes sense. */
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
 * No key was ever had from the issuer, so nothing can be said about a token: our failure, not the
 * sender's. Carries what an HTTP Retry-After needs.
 */
export class KeysUnavailableError extends Error {
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    super('no key was had from the issuer yet');
    this.name = 'KeysUnavailableError';
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
