/**
 * Takes a compact JWT, returns an Identity or throws an AuthenticationError. RFC 8725 is the checklist: fixed
 * algorithms, one kind of key, issuer and audience compared, times required. Must never accept a token
 * whose key the issuer withdrew longer than WITHDRAWN_WITHIN_MS (key-set.ts) ago, remembered or not.
 */
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import { identityFromClaims } from './claims.ts';
import { type Identity, invalid } from './identity.ts';
import type { KeySource, TokenHeader } from './keys.ts';
import { TokenCache } from './token-cache.ts';

export interface VerifierRules {
  readonly algorithms: readonly string[];
  readonly issuer: string;
  readonly audience: string;
  /** Name of the claim that holds the user's id. */
  readonly userIdClaim: string;
  /** Seconds: the longest time from iat to exp, and the greatest age. */
  readonly maxAge: number;
}

export type Verifier = (token: string) => Promise<Identity>;

/** How far the clocks of two machines may differ, in seconds. */
export const CLOCK_TOLERANCE = 5;

/** Other header fields (jwk, jku, x5u, crit, zip …) let a token choose its key or the rules. */
const HEADER_FIELDS = new Set(['alg', 'kid', 'typ']);

/** `checked` is called for every token; `cached` says whether the token was remembered. */
export function createVerifier(
  rules: VerifierRules,
  keys: KeySource,
  checked: (cached: boolean) => void = () => {},
): Verifier {
  const cache = new TokenCache();
  return async (token) => {
    const renewing = keys.upToDate();
    if (renewing) await renewing;
    const known = cache.get(token, keys.version);
    checked(known !== undefined);
    if (known) return known;
    try {
      const { payload, version } = await checkSignature(token, rules, keys);
      const identity = checkClaims(payload, rules);
      // maxAge cannot end the token earlier: checkClaims refuses a longer lifetime.
      cache.set(token, version, identity, identity.expiresAt + CLOCK_TOLERANCE);
      return identity;
    } catch (error) {
      if (error instanceof errors.JOSEError) throw invalid(error.code);
      // jose reports a header that is not JSON as a TypeError.
      if (error instanceof TypeError) throw invalid('malformed');
      throw error;
    }
  };
}

interface Verified {
  readonly payload: JWTPayload;
  /** Version of the keys it was verified with, or an earlier version. */
  readonly version: number;
}

async function checkSignature(
  token: string,
  rules: VerifierRules,
  keys: KeySource,
): Promise<Verified> {
  const header = checkHeader(decodeProtectedHeader(token), rules.algorithms);
  const attempt = async (): Promise<Verified | undefined> => {
    // Read before find(): if the keys change meanwhile, the cache drops the result.
    const { version } = keys;
    const candidates = await keys.find(header);
    for (const key of candidates) {
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: [header.alg],
          issuer: rules.issuer,
          audience: rules.audience,
          clockTolerance: CLOCK_TOLERANCE,
          maxTokenAge: rules.maxAge,
          requiredClaims: ['exp', 'iat', 'iss', 'aud'],
        });
        return { payload, version };
      } catch (error) {
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
      }
    }
    if (candidates.length === 0) throw invalid('no key for this kid and algorithm');
    return undefined;
  };
  const verified = (await attempt()) ?? ((await keys.renew()) ? await attempt() : undefined);
  if (!verified) throw invalid('bad signature');
  return verified;
}

function checkHeader(header: Record<string, unknown>, algorithms: readonly string[]): TokenHeader {
  const extra = Object.keys(header).find((field) => !HEADER_FIELDS.has(field));
  if (extra !== undefined) throw invalid('a header field besides alg, kid and typ');
  const { alg, kid, typ } = header;
  if (typeof alg !== 'string' || !algorithms.includes(alg)) throw invalid('alg is not allowed');
  if (kid !== undefined && typeof kid !== 'string') throw invalid('kid is not a string');
  // Better Auth sets no typ on API tokens. Its cookie cache has another typ and is refused.
  if (typ !== undefined && !(typeof typ === 'string' && typ.toUpperCase() === 'JWT')) {
    throw invalid('typ is not JWT');
  }
  return { alg, kid };
}

function checkClaims(payload: JWTPayload, { userIdClaim, maxAge }: VerifierRules): Identity {
  // jose accepts an aud array that has the right audience among values of other types.
  if (Array.isArray(payload.aud) && !payload.aud.every((aud) => typeof aud === 'string')) {
    throw invalid('aud is not a list of strings');
  }
  const identity = identityFromClaims(payload, userIdClaim);
  const life = identity.expiresAt - identity.issuedAt;
  if (life > maxAge) throw invalid(`valid for ${life} s, more than ${maxAge} s`);
  return identity;
}
