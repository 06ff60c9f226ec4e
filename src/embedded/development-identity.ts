/**
 * Who signs tokens in development. Takes the settings and the development key of the data directory,
 * returns what verifies tokens and, where this process can sign, the issuer. Not used in production.
 */
import { hash } from 'node:crypto';
import { type Config, tokenRules } from '../config.ts';
import type { IssuerOptions } from '../identity/issuer.ts';
import type { VerifierOptions } from '../identity/open.ts';

const NAME = 'rowguard-development';

/**
 * JWT_SECRET or JWKS_URL replaces the development key. With JWKS_URL only the remote issuer can sign, so
 * `issuer` is undefined and there are no development tokens.
 */
export function developmentIdentity(
  config: Pick<Config, 'identity' | 'userIdClaim' | 'maxTokenAge' | 'clockTolerance' | 'tokenType'>,
  secret: string,
): { verifier: VerifierOptions; issuer: IssuerOptions | undefined } {
  const identity = config.identity ?? {
    key: new TextEncoder().encode(secret),
    algorithms: ['HS256'],
    issuer: NAME,
    audience: NAME,
  };
  const { userIdClaim, tokenType } = config;
  const { key } = identity;
  return {
    verifier: { ...identity, ...tokenRules(config) },
    issuer:
      key instanceof URL ? undefined : { ...identity, secret: key, userIdClaim, typ: tokenType },
  };
}

/** Equal for equal settings. A server that was started with another one refuses the tokens of this one. */
export function tokenFingerprint({ key, algorithms, ...rules }: VerifierOptions): string {
  const { issuer, audience, userIdClaim, typ = null } = rules;
  const signer = key instanceof URL ? key.href : Buffer.from(key).toString('base64');
  const text = JSON.stringify([signer, algorithms, issuer, audience, userIdClaim, typ]);
  return hash('sha256', text, 'base64url');
}
