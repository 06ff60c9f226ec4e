/**
 * Takes a fetched JWK Set (RFC 7517), returns its public keys that may verify tokens. An unusable key is left
 * out. Must never use a symmetric or private key, or refuse all keys because of one.
 */
import { type CryptoKey, importJWK, type JWK } from 'jose';

export interface VerificationKey {
  readonly kid: string | undefined;
  /** The only algorithm that this key may verify. */
  readonly alg: string;
  readonly key: CryptoKey;
  /** Equal for equal keys. */
  readonly id: string;
}

/** Each key costs an import. A rotation leaves far fewer keys. */
const MAX_KEYS = 100;

/** base64url length of an 8192-bit modulus. Verifying with a longer modulus would block the process. */
const MAX_MODULUS_LENGTH = 1366;

/** The algorithms of a key, by type and curve: RFC 7518, section 3.1, and RFC 8037. */
const ALGORITHMS: Readonly<Record<string, readonly string[]>> = {
  'OKP Ed25519': ['EdDSA', 'Ed25519'],
  'EC P-256': ['ES256'],
  'EC P-384': ['ES384'],
  'EC P-521': ['ES512'],
  RSA: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
};

/** All algorithms of published keys. None is symmetric: a published secret would not be secret. */
export const ASYMMETRIC_ALGORITHMS: readonly string[] = Object.values(ALGORITHMS).flat();

/** Throws if `set` is not a JWK Set. */
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
  // A published private or symmetric key is known to everybody.
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
  // Only the members that define the key: no certificate chain, no URL.
  const material = Object.fromEntries(
    Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => value !== undefined),
  );
  try {
    const key = await importJWK(material as JWK, alg);
    if (key instanceof Uint8Array || key.type !== 'public') return undefined;
    // jose refuses short keys as well, but at every token instead of once.
    const { modulusLength } = key.algorithm as { modulusLength?: number };
    if (modulusLength !== undefined && modulusLength < 2048) return undefined;
    return { kid: jwk.kid, alg, key, id: JSON.stringify([jwk.kid, alg, material]) };
  } catch {
    return undefined;
  }
}
