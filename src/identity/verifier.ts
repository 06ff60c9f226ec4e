/**
 * Takes a compact JWT, returns an Identity or throws an AuthenticationError. RFC 8725 is the checklist: fixed
 * algorithms, one kind of key, issuer and audience compared, times required. Must never accept a token
 * whose key the issuer withdrew longer than WITHDRAWN_WITHIN_MS (key-set.ts) ago, remembered or not.
 */
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import { identityFromClaims } from './claims.ts';
import type { AuthenticationError, Identity } from './identity.ts';
import type { KeySource, TokenHeader } from './keys.ts';
import { type Refusal, refused } from './refusals.ts';
import { TokenCache } from './token-cache.ts';

export interface VerifierRules {
  readonly algorithms: readonly string[];
  readonly issuer: string;
  readonly audience: string;
  /** Name of the claim that holds the user's id. */
  readonly userIdClaim: string;
  /** Seconds: the longest time from iat to exp, and the greatest age. */
  readonly maxAge: number;
  /** How far the clocks of two machines may differ, in seconds. Default: CLOCK_TOLERANCE. */
  readonly clockTolerance?: number;
  /** The typ that the header must have (RFC 8725, section 3.11); undefined = any, or none. */
  readonly typ?: string | undefined;
}

export type Verifier = (token: string) => Promise<Identity>;

/** Seconds. */
export const CLOCK_TOLERANCE = 30;

/**
 * Header fields with which a token would choose its key, or change how it is read. Other fields are ignored
 * (RFC 7515, section 4), except crit: it requires an extension, and none is supported.
 */
const REFUSED_FIELDS = ['jwk', 'jku', 'x5u', 'x5c', 'enc', 'zip', 'b64'];

/** `checked` is called for every token; `cached` says whether the token was remembered. */
export function createVerifier(
  rules: VerifierRules,
  keys: KeySource,
  checked: (cached: boolean) => void = () => {},
): Verifier {
  const cache = new TokenCache();
  const { clockTolerance = CLOCK_TOLERANCE } = rules;
  return async (token) => {
    const renewing = keys.upToDate();
    if (renewing) await renewing;
    const known = cache.get(token, keys.version);
    checked(known !== undefined);
    if (known) return known;
    try {
      const { payload, version } = await checkSignature(token, { ...rules, clockTolerance }, keys);
      const identity = checkClaims(payload, rules);
      // maxAge cannot end the token earlier: checkClaims refuses a longer lifetime.
      cache.set(token, version, identity, identity.expiresAt + clockTolerance);
      return identity;
    } catch (error) {
      if (error instanceof errors.JOSEError) throw refusalOf(error);
      // jose reports a time that is not finite as a TypeError.
      if (error instanceof TypeError) throw refused('TIMES');
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
  rules: VerifierRules & { readonly clockTolerance: number },
  keys: KeySource,
): Promise<Verified> {
  const header = checkHeader(headerOf(token), rules.algorithms);
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
          clockTolerance: rules.clockTolerance,
          ...(rules.typ !== undefined && { typ: rules.typ }),
          maxTokenAge: rules.maxAge,
          requiredClaims: ['exp', 'iat', 'iss', 'aud'],
        });
        return { payload, version };
      } catch (error) {
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
      }
    }
    if (candidates.length === 0) throw refused('KEY');
    return undefined;
  };
  const verified = (await attempt()) ?? ((await keys.renew()) ? await attempt() : undefined);
  if (!verified) throw refused('SIGNATURE');
  return verified;
}

function headerOf(token: string): Record<string, unknown> {
  try {
    return decodeProtectedHeader(token);
  } catch {
    throw refused('HEADER');
  }
}

function checkHeader(header: Record<string, unknown>, algorithms: readonly string[]): TokenHeader {
  const { alg, kid } = header;
  if (typeof alg !== 'string' || !algorithms.includes(alg)) throw refused('ALG');
  if (Object.hasOwn(header, 'crit')) throw refused('CRIT');
  if (REFUSED_FIELDS.some((field) => Object.hasOwn(header, field))) throw refused('HEADER_FIELD');
  if (kid !== undefined && typeof kid !== 'string') throw refused('KID');
  return { alg, kid };
}

function checkClaims(payload: JWTPayload, { userIdClaim, maxAge }: VerifierRules): Identity {
  // jose accepts an aud array that has the right audience among values of other types.
  if (Array.isArray(payload.aud) && !payload.aud.every((aud) => typeof aud === 'string')) {
    throw refused('AUD');
  }
  const identity = identityFromClaims(payload, userIdClaim);
  if (identity.expiresAt - identity.issuedAt > maxAge) throw refused('LIFETIME');
  return identity;
}

/** jose checks claims only after the signature, so a time in the sentence is the issuer's. */
function refusalOf(error: errors.JOSEError): AuthenticationError {
  const expired = error instanceof errors.JWTExpired;
  if (!expired && !(error instanceof errors.JWTClaimValidationFailed)) return refused('PAYLOAD');
  const { claim, reason, payload } = error;
  if (reason === 'missing') return refused('CLAIM');
  const seconds = Math.abs(Math.floor(Date.now() / 1000) - Number(payload[claim]));
  switch (claim) {
    case 'iss':
    case 'aud':
    case 'typ':
      return refused(claim.toUpperCase() as Uppercase<typeof claim> satisfies Refusal);
    case 'exp':
      return expired ? refused('EXPIRED', seconds) : refused('TIMES');
    case 'nbf':
      return reason === 'check_failed' ? refused('NOT_YET', seconds) : refused('TIMES');
    case 'iat':
      if (expired) return refused('OLD', seconds);
      return reason === 'check_failed' ? refused('FUTURE', seconds) : refused('TIMES');
    default:
      return refused('PAYLOAD');
  }
}
