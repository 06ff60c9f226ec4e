/**
 * Takes the identity settings, returns a Verifier with a shared secret or with the issuer's published keys.
 * Must never fetch keys before a token needs them.
 */
import { KeySet } from './key-set.ts';
import { secretKey } from './keys.ts';
import { createVerifier, type Verifier, type VerifierRules } from './verifier.ts';

export interface VerifierOptions extends VerifierRules {
  /** A shared secret (HS256), or where the issuer publishes its keys (JWKS_URL). */
  readonly key: Uint8Array | URL;
  /** Of the key set, in milliseconds: KeySetOptions. */
  readonly cooldownMs?: number;
}

export function openVerifier(
  options: VerifierOptions,
  log: (line: string) => void,
  checked?: (cached: boolean) => void,
): Verifier {
  const { key, algorithms, cooldownMs } = options;
  const keys =
    key instanceof URL
      ? new KeySet({ url: key, algorithms, log, ...(cooldownMs !== undefined && { cooldownMs }) })
      : secretKey(key);
  return createVerifier(options, keys, checked);
}
