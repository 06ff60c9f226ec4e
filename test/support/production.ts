/** The server as an operator runs it: a process of its own, in production, over a test database. */
import { randomBytes } from 'node:crypto';
import { signToken } from '../../src/identity/issuer.ts';
import type { TestDatabase } from './database.ts';
import { runScript, type Started } from './process.ts';

const ISSUER = { issuer: 'https://sign-in.example.com', audience: 'rowguard' };

export interface Production extends Started {
  readonly url: string;
  /** What JWT_SECRET holds. */
  readonly secret: string;
  token(userId: number): Promise<string>;
}

export async function startProduction(
  database: TestDatabase,
  env: Record<string, string> = {},
): Promise<Production> {
  const secret = randomBytes(24).toString('base64url');
  const started = runScript('src/main.ts', [], {
    NODE_ENV: 'production',
    AUTH_DATABASE_URL: database.urls.authenticator,
    JWT_SECRET: secret,
    JWT_ISSUER: ISSUER.issuer,
    JWT_AUDIENCE: ISSUER.audience,
    ...env,
  });
  const [, url = ''] = await started.until(/POST (http:\S+)\/graphql/);
  const key = new TextEncoder().encode(secret);
  return {
    ...started,
    url,
    secret,
    token: (userId) =>
      signToken(
        { secret: key, ...ISSUER, userIdClaim: 'user_id' },
        { userId, email: `user${userId}@example.com` },
        60,
      ),
  };
}
