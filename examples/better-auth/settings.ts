/**
 * Settings of the example from the environment; README.md has the table. Takes the environment, returns
 * them. Throws an OperatorError for a value that cannot work. Writes one file: a new secret.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { OperatorError } from '../../src/errors.ts';

/** Pages of this machine, on any port. */
const LOOPBACK_PAGES = ['http://localhost:*', 'http://127.0.0.1:*'];

export function readSettings(env: NodeJS.ProcessEnv) {
  const dataDirectory = resolve(env.DATA_DIR || join(import.meta.dirname, '../../.data'));
  const port = Number(env.AUTH_PORT || 3000);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new OperatorError('AUTH_PORT is not a port.', 'set it to a number from 1 to 65535.');
  }
  const origins = env.AUTH_ORIGINS?.split(',').map((origin) => origin.trim());
  return {
    databaseUrl: env.DATABASE_URL || undefined,
    dataDirectory,
    // In a container use 0.0.0.0, so that other containers and the host can connect.
    host: env.AUTH_HOST || '127.0.0.1',
    port,
    baseURL: `http://127.0.0.1:${port}`,
    trustedOrigins:
      origins?.filter(Boolean) ?? (env.NODE_ENV === 'production' ? [] : LOOPBACK_PAGES),
    tokenLifetime: env.AUTH_TOKEN_LIFETIME || '15m',
    secret: () => env.BETTER_AUTH_SECRET || keptSecret(dataDirectory),
  };
}

/** Stored beside the database whose private keys it encrypts: neither is useful without the other. */
function keptSecret(dataDirectory: string): string {
  const file = join(dataDirectory, 'better-auth.secret');
  if (!existsSync(file)) {
    mkdirSync(dataDirectory, { recursive: true });
    writeFileSync(file, randomBytes(32).toString('base64url'), { mode: 0o600 });
  }
  return readFileSync(file, 'utf8');
}
