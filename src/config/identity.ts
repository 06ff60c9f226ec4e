/**
 * Who signs the tokens: exactly one of JWKS_URL and JWT_SECRET, with the issuer and the audience that every
 * token must name. Takes settings, returns the rules for a verifier, and notes every invalid setting as a
 * problem. Must never put the secret into a problem.
 */
import { ASYMMETRIC_ALGORITHMS } from '../identity/jwk.ts';
import type { Settings } from './read.ts';

export interface IdentityConfig {
  /** A shared secret, or the URL of the published keys. */
  readonly key: Uint8Array | URL;
  readonly algorithms: readonly string[];
  readonly issuer: string;
  readonly audience: string;
}

/** RFC 7518, section 3.2: an HS256 key must be at least as long as the hash. */
const MIN_SECRET_BYTES = 32;

/** `required`: there is no development key, so missing settings are problems. */
export function readIdentity(
  settings: Settings,
  { production, required }: { production: boolean; required: boolean },
): IdentityConfig | undefined {
  const url = settings.text('JWKS_URL');
  const secret = settings.raw('JWT_SECRET');
  const issuer = settings.text('JWT_ISSUER');
  const audience = settings.text('JWT_AUDIENCE');
  const algorithms = settings.text('JWT_ALGORITHMS');
  const any = url ?? secret ?? issuer ?? audience ?? algorithms;
  if (any === undefined && !required) return undefined;

  if (url && secret) {
    settings.problem(
      'JWKS_URL and JWT_SECRET are both set: set only one, so that a token cannot choose the key that checks it.',
    );
  } else if (!url && !secret) {
    settings.problem(
      required
        ? 'JWKS_URL or JWT_SECRET is required: only the embedded database outside production has a development key.'
        : 'JWT_ISSUER, JWT_AUDIENCE and JWT_ALGORITHMS have no effect without JWKS_URL or JWT_SECRET.',
    );
  }
  const named = url ? 'JWKS_URL' : secret ? 'JWT_SECRET' : 'JWKS_URL or JWT_SECRET';
  if (!issuer) settings.problem(`JWT_ISSUER is required with ${named}.`);
  if (!audience) settings.problem(`JWT_AUDIENCE is required with ${named}.`);
  const keyUrl = url ? readUrl(settings, url, production) : undefined;
  const key = secret ? readSecret(settings, secret) : undefined;
  return {
    key: keyUrl ?? key ?? new Uint8Array(),
    algorithms: readAlgorithms(settings, algorithms, url !== undefined),
    issuer: issuer ?? '',
    audience: audience ?? '',
  };
}

/**
 * An attacker who can change the key set in transit can sign tokens for any user, so production requires
 * https. Exception: an issuer on the loopback interface. Development allows http, for an issuer in another
 * container.
 */
function readUrl(settings: Settings, value: string, production: boolean): URL | undefined {
  const url = URL.parse(value);
  if (!url || !/^https?:$/.test(url.protocol)) {
    settings.problem('JWKS_URL must be an http or https URL.');
    return undefined;
  }
  if (url.username || url.password || url.hash) {
    settings.problem(
      'JWKS_URL must have no user, no password and no fragment: key sets are public.',
    );
  }
  const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (production && url.protocol === 'http:' && !loopback) {
    settings.problem('JWKS_URL must be https in production, unless it is on this machine.');
  }
  return url;
}

function readSecret(settings: Settings, secret: string): Uint8Array {
  if (secret !== secret.trim()) {
    settings.problem(
      'JWT_SECRET begins or ends with white space: remove it here and at the issuer.',
    );
  }
  const bytes = new TextEncoder().encode(secret);
  if (bytes.length < MIN_SECRET_BYTES) {
    settings.problem(`JWT_SECRET must be at least ${MIN_SECRET_BYTES} bytes long.`);
  }
  return bytes;
}

/** The default for published keys is Better Auth's default, EdDSA. A secret allows HS256 only. */
function readAlgorithms(
  settings: Settings,
  value: string | undefined,
  published: boolean,
): string[] {
  const possible = published ? ASYMMETRIC_ALGORITHMS : ['HS256'];
  const named = value?.split(/[\s,]+/).filter(Boolean) ?? [published ? 'EdDSA' : 'HS256'];
  const odd = named.filter((name) => !possible.includes(name));
  if (odd.length > 0 || named.length === 0) {
    settings.problem(
      `JWT_ALGORITHMS must be of ${possible.join(', ')} with ${published ? 'JWKS_URL' : 'JWT_SECRET'}.`,
    );
  }
  return named;
}

/** Claims with another meaning in RFC 7519 or in this server. They cannot hold a person's id. */
const OTHER_CLAIMS = new Set(['iss', 'aud', 'exp', 'nbf', 'iat', 'jti', 'email']);

export function readUserIdClaim(settings: Settings): string {
  const name = settings.text('JWT_USER_ID_CLAIM') ?? 'user_id';
  if (OTHER_CLAIMS.has(name)) settings.problem(`JWT_USER_ID_CLAIM cannot be ${name}.`);
  return name;
}
