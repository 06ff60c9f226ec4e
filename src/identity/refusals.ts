/**
 * Why a token was refused: for each reason one sentence for the log and one about how to fix it. Takes a reason
 * and a time in seconds, returns the error. A sentence must never hold a part of the token: an attacker could
 * write into the log. The one exception is a difference of times, of a token with a good signature.
 */
import { AuthenticationError } from './identity.ts';

const COMPARE = 'Decode the payload of a token of your issuer and compare.';

/** `#` stands for a number of seconds. */
const REFUSALS = {
  HEADERS: ['several Authorization headers', 'send one; a proxy may add another.'],
  SCHEME: [
    'the Authorization header is not "Bearer" and one token',
    'send Authorization: Bearer <token>.',
  ],
  LENGTH: ['longer than 4096 bytes', 'take claims out of the token that Rowguard does not need.'],
  FORM: [
    'not three base64url parts with a dot between them',
    'send the JWT, not a session cookie or an encrypted token.',
  ],
  HEADER: ['the header is not a JSON object', 'send the token as the issuer made it.'],
  ALG: [
    'alg is not in JWT_ALGORITHMS',
    'set JWT_ALGORITHMS to the algorithm of your issuer. With JWT_SECRET only HS256 is accepted.',
  ],
  KID: ['kid is not a string', 'fix the header that the issuer writes.'],
  CRIT: [
    'crit in the header requires an extension',
    'issue tokens without crit: Rowguard supports no extension.',
  ],
  HEADER_FIELD: [
    'the header brings its own key, a URL of a key, encryption or compression',
    'issue tokens without jwk, jku, x5c, x5u, enc, zip and b64; keys come from JWKS_URL only.',
  ],
  KEY: [
    'no key fits its kid and alg',
    'check that JWKS_URL belongs to this issuer, and that JWT_ALGORITHMS names the algorithm of its keys.',
  ],
  SIGNATURE: [
    'signature does not match any key',
    'check that the issuer signs with the keys of JWKS_URL, or with the same JWT_SECRET.',
  ],
  PAYLOAD: ['the payload is not a JSON object', 'fix the token that the issuer makes.'],
  TYP: ['typ is not JWT_TYP', 'send an access token, or unset JWT_TYP to accept any typ.'],
  ISS: [
    'iss is not JWT_ISSUER',
    `set JWT_ISSUER to the iss of the token, slash by slash. ${COMPARE}`,
  ],
  AUD: [
    'aud is not JWT_AUDIENCE',
    `set JWT_AUDIENCE to the aud of the token, slash by slash. ${COMPARE}`,
  ],
  EXPIRED: ['expired # s ago', 'get a new token. If the clocks differ, set JWT_CLOCK_TOLERANCE.'],
  NOT_YET: [
    'nbf is # s in the future',
    'wait, or set the clocks of the two machines. JWT_CLOCK_TOLERANCE allows a difference.',
  ],
  FUTURE: [
    'iat is # s in the future',
    'set the clocks of the two machines. JWT_CLOCK_TOLERANCE allows a difference.',
  ],
  OLD: ['iat is # s ago, more than JWT_MAX_AGE', 'get a new token, or raise JWT_MAX_AGE.'],
  LIFETIME: [
    'valid for longer than JWT_MAX_AGE from iat to exp',
    'issue tokens for a shorter time, or raise JWT_MAX_AGE.',
  ],
  TIMES: ['exp, iat or nbf is not a number', 'issue times in seconds since 1970.'],
  CLAIM: ['iss, aud, exp or iat is missing', 'let the issuer write all four claims.'],
  USER_ID: [
    'the claim JWT_USER_ID_CLAIM is not an integer from 1 to 2147483647',
    'let the issuer write the integer id of the person into this claim (docs/identity.md).',
  ],
  EMAIL: [
    'email is not a text of 3 to 320 characters',
    'let the issuer write the address of the person, or leave email out.',
  ],
} as const satisfies Readonly<Record<string, readonly [sentence: string, fix: string]>>;

export type Refusal = keyof typeof REFUSALS;

/** `seconds`: for the sentences with a time. */
export function refused(refusal: Refusal, seconds = 0): AuthenticationError {
  const [sentence, fix] = REFUSALS[refusal];
  const reason = sentence.replace('#', String(Math.round(seconds)));
  return new AuthenticationError('invalid', reason, fix);
}

/** Prints each reason once, with how to fix it. For the terminal of development. */
export function explainOnce(say: (line: string) => void): (error: AuthenticationError) => void {
  const explained = new Set<string>();
  return ({ reason, fix }) => {
    // A fix belongs to one reason; a reason may hold a time.
    if (fix === undefined || explained.has(fix)) return;
    explained.add(fix);
    say(`A token was refused: ${reason}.\n  Fix: ${fix}`);
  };
}
