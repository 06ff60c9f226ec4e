/**
 * `npm start` without DATABASE_URL: starts the embedded PostgreSQL, migrates it, creates the demo accounts
 * on the first start and signs a token for each. Takes the settings, returns the URLs. Never used in
 * production.
 */
import type { Config } from '../config.ts';
import { signToken } from '../identity/issuer.ts';
import type { VerifierOptions } from '../identity/open.ts';
import { migrateDatabase } from '../migrate/migrate.ts';
import { developmentIdentity, tokenFingerprint } from './development-identity.ts';
import { openEmbedded } from './embedded.ts';
import { loadState, saveState } from './files.ts';
import { DEMO_ACCOUNTS, type DemoAccount, seedDemoAccounts } from './seed.ts';

export interface DemoLogin extends DemoAccount {
  readonly token: string;
}

export interface Backend {
  /** Undefined if DATABASE_URL is not set. */
  readonly ownerUrl: string | undefined;
  readonly authenticatorUrl: string;
  readonly identity: VerifierOptions;
  readonly demo: readonly DemoLogin[];
}

export async function startDevelopment(
  config: Config,
  opened: { stop(): Promise<void> }[],
  say: (line: string) => void,
): Promise<Backend> {
  const database = await openEmbedded({
    directory: config.dataDirectory,
    port: config.embeddedPort,
    say,
  });
  opened.push(database);
  await migrateDatabase({
    ownerUrl: database.urls.owner,
    authenticatorPassword: database.secrets.authenticatorPassword,
    say: (line) => {
      // Other lines, such as "Already up to date", come at every start.
      if (/Running migration/.test(line)) say(line.replace('graphile-migrate: ', ''));
    },
  });
  if (!loadState(database.directory).seeded) {
    await seedDemoAccounts(database.urls.authenticator);
    saveState(database.directory, { seeded: true });
  }
  const { verifier, issuer } = developmentIdentity(config, database.secrets.jwtSecret);
  saveState(database.directory, { tokens: tokenFingerprint(verifier) });
  // With JWKS_URL this process cannot sign tokens.
  const demo = issuer
    ? await Promise.all(
        DEMO_ACCOUNTS.map(async ({ userId, email, name }) => ({
          userId,
          email,
          name,
          token: await signToken(issuer, { userId, email }, config.maxTokenAge),
        })),
      )
    : [];
  const { owner: ownerUrl, authenticator: authenticatorUrl } = database.urls;
  return { ownerUrl, authenticatorUrl, identity: verifier, demo };
}
