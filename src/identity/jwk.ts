/**
 * A JWK Set (RFC 7517) as it was fetched → the public keys in it that may verify tokens here. What does
 * not fit is left out, never guessed at: one odd key must not take the others down.
 */
import { type CryptoKey, importJWK, type JWK } from 'jose';

export interface VerificationKey {
  readonly kid: string | undefined;
  /** The one algorithm this key may verify. */
  readonly alg: string;
  readonly key: CryptoKey;
  /** Equal for equal keys. */
  readonly id: string;
}

/** More keys than a rotation leaves behind; each of them costs an import. */
const MAX_KEYS = 100;

/** base64url length of an 8192-bit modulus: verifying with a longer one would stall the process. */
const MAX_MODULUS_LENGTH = 1366;

/** RFC 7518, section 3.1, and RFC 8037: which algorithms a key can serve, by its type and curve. */
const ALGORITHMS: Readonly<Record<string, readonly string[]>> = {
  'OKP Ed25519': ['EdDSA', 'Ed25519'],
  'EC P-256': ['ES256'],
  'EC P-384': ['ES384'],
  'EC P-521': ['ES512'],
  RSA: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
};

/** What can be asked of a key set. Symmetric ones are missing on purpose: a published secret is none. */
export const ASYMMETRIC_ALGORITHMS: readonly string[] = Object.values(ALGORITHMS).flat();

/** Throws if this is no JWK Set at all. */
export async function usableKeys(
  set: unknown,
  allowed: readonly string[],
): Promise<readonly VerificationKey[]> {
  const listed = (set as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(listed)) throw new Error('not a JWK Set');
  const found = await Promise.all(
    listed.slice(0, MAX_KEYS).map(async (jwk) => {
      const algs = algorithmsOf(jwk).filter((alg) => allowed.includes(alg));
      return Promise.all(algs.map((alg) => toKey(jwk, alg)));
    }),
  );
  return found.flat().filter((key) => key !== undefined);
}

function algorithmsOf(jwk: unknown): readonly string[] {
  if (typeof jwk !== 'object' || jwk === null) return [];
  const { kty, crv, alg, use, key_ops, kid, d, k, n } = jwk as Record<string, unknown>;
  // A set with a private or a symmetric key in it has given that key away.
  if (d !== undefined || k !== undefined) return [];
  // Better Auth states neither use nor key_ops.
  if (use !== undefined && use !== 'sig') return [];
  if (key_ops !== undefined && !(Array.isArray(key_ops) && key_ops.includes('verify'))) return [];
  if (kid !== undefined && typeof kid !== 'string') return [];
  if (kty === 'RSA' && !(typeof n === 'string' && n.length <= MAX_MODULUS_LENGTH)) return [];
  const possible = ALGORITHMS[kty === 'RSA' ? 'RSA' : `${kty} ${crv}`] ?? [];
  return alg === undefined ? possible : possible.filter((name) => name === alg);
}

async function toKey(jwk: JWK, alg: string): Promise<VerificationKey | undefined> {
  const { kty, crv, x, y, n, e } = jwk;
  // Only what makes the key: a certificate chain or a URL beside it is nothing to us.
  const material = Object.fromEntries(
    Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => value !== undefined),
  );
  try {
    const key = await importJWK(material as JWK, alg);
    if (key instanceof Uint8Array || key.type !== 'public') return undefined;
    // jose refuses shorter ones as well, but at every token instead of here.
    const { modulusLength } = key.algorithm as { modulusLength?: number };
    if (modulusLength !== undefined && modulusLength < 2048) return undefined;
    return { kid: jwk.kid, alg, key, id: JSON.stringify([jwk.kid, alg, material]) };
  } catch {
    return undefined;
  }
}
