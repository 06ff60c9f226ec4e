/** The key of the embedded server's own tokens: made on the first start, kept in `.data/`. */
import type { Config } from '../config.ts';
import type { IssuerOptions } from '../identity/issuer.ts';
import type { VerifierOptions } from '../identity/open.ts';

const NAME = 'rowguard-development';

/**
 * JWT_SECRET or JWKS_URL, where one is set, takes the place of the development key. Nobody but the
 * issuer can sign for a JWKS_URL: there is then no issuer here, and no development tokens.
 */
export function developmentIdentity(
  config: Pick<Config, 'identity' | 'userIdClaim' | 'maxTokenAge'>,
  secret: string,
): { verifier: VerifierOptions; issuer: IssuerOptions | undefined } {
  const identity = config.identity ?? {
    key: new TextEncoder().encode(secret),
    algorithms: ['HS256'],
    issuer: NAME,
    audience: NAME,
  };
  const { userIdClaim } = config;
  const { key } = identity;
  return {
    verifier: { ...identity, userIdClaim, maxAge: config.maxTokenAge },
    issuer: key instanceof URL ? undefined : { ...identity, secret: key, userIdClaim },
  };
}
