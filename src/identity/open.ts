/** From configuration to a Verifier: a secret of our own, or the issuer's published keys. */
import { KeySet } from './key-set.ts';
import { secretKey } from './keys.ts';
import { createVerifier, type Verifier, type VerifierRules } from './verifier.ts';

export interface VerifierOptions extends VerifierRules {
  /** A shared secret (HS256), or where the issuer publishes its keys (JWKS_URL). */
  readonly key: Uint8Array | URL;
  /** Refines the key set; see KeySetOptions. */
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
