/**
 * `npm run token`: a development JWT for any user id, signed with the development key. Prints the token
 * only, for scripts. Never works for an external database or with JWKS_URL.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig } from '../config.ts';
import { developmentIdentity, tokenFingerprint } from '../embedded/development-identity.ts';
import { loadSecrets, loadState } from '../embedded/files.ts';
import { OperatorError } from '../errors.ts';
import { signToken } from '../identity/issuer.ts';
import { runCommand, UsageError } from './command.ts';

const HELP = `
Usage: npm run token -- --user-id <id> --email <address> [--expires-in <seconds>]

Prints a token for the embedded server (npm start without a database of your own).
The first request with it creates the user. In scripts: TOKEN=$(npm run --silent token -- …)

  --user-id     the person's id, 1 to 2147483647
  --email       the person's e-mail address
  --expires-in  lifetime in seconds (default: JWT_MAX_AGE, 24 hours)
`;

await runCommand(HELP, async (args) => {
  const { values } = parseArgs({
    args,
    options: {
      'user-id': { type: 'string' },
      email: { type: 'string' },
      'expires-in': { type: 'string' },
    },
  });
  const config = loadConfig();
  const userId = wholeNumber(values['user-id'], '--user-id', 2_147_483_647);
  const seconds =
    values['expires-in'] === undefined
      ? config.maxTokenAge
      : wholeNumber(values['expires-in'], '--expires-in', config.maxTokenAge);
  if (!values.email) throw new UsageError('--email is missing.');
  if (config.database) {
    throw new OperatorError(
      'Development tokens work with the embedded database only; the issuer JWT_ISSUER signs the tokens for this one.',
      'unset DATABASE_URL and AUTH_DATABASE_URL, or sign in at your issuer.',
    );
  }
  const directory = resolve(config.dataDirectory);
  if (!existsSync(join(directory, 'secrets.json'))) {
    throw new OperatorError(
      `There is no embedded server in ${directory} yet.`,
      'run npm start once; it creates the key for development tokens.',
    );
  }
  const { issuer, verifier } = developmentIdentity(config, loadSecrets(directory, true).jwtSecret);
  if (!issuer) {
    throw new OperatorError(
      'The issuer of JWKS_URL signs the tokens, and Rowguard does not have its private key.',
      'sign in at your issuer, or unset JWKS_URL to use the development key.',
    );
  }
  const { tokens = tokenFingerprint(verifier) } = loadState(directory);
  if (tokens !== tokenFingerprint(verifier)) {
    throw new OperatorError(
      `The server in ${directory} was last started with other JWT settings, so it would refuse this token.`,
      'run this command with the same settings. With JWKS_URL sign in at your issuer; without it, restart npm start.',
    );
  }
  console.log(await signToken(issuer, { userId, email: values.email }, seconds));
  return 0;
});

function wholeNumber(value: string | undefined, option: string, max: number): number {
  if (value === undefined) throw new UsageError(`${option} is missing.`);
  if (!/^[1-9][0-9]*$/.test(value) || Number(value) > max) {
    throw new UsageError(`${option} must be a whole number from 1 to ${max}.`);
  }
  return Number(value);
}
