/** Runs the Better Auth server of auth.ts on this machine and prints how to use it. Reads settings from the environment. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join, resolve } from 'node:path';
import { toNodeHandler } from 'better-auth/node';
import { createAuth } from './auth.ts';
import { openDatabase } from './database.ts';

if (process.argv.includes('--help') || process.argv.includes('-h')) {
  console.log(`Usage: npm run example

Starts a Better Auth server beside a running npm start.
Settings: DATABASE_URL, DATA_DIR, AUTH_HOST, AUTH_PORT, BETTER_AUTH_SECRET (see README.md).`);
  process.exit(0);
}

const {
  DATABASE_URL,
  DATA_DIR,
  // In a container use 0.0.0.0, so that other containers and the host can connect.
  AUTH_HOST = '127.0.0.1',
  AUTH_PORT = '3000',
  BETTER_AUTH_SECRET,
} = process.env;
const say = (line: string): void => console.log(line);

const dataDirectory = resolve(DATA_DIR ?? join(import.meta.dirname, '../../.data'));
const baseURL = `http://127.0.0.1:${AUTH_PORT}`;

const pool = await openDatabase(DATABASE_URL, dataDirectory, say);
const auth = createAuth({ pool, baseURL, secret: BETTER_AUTH_SECRET ?? keptSecret() });
await auth.migrate();

const server = createServer(toNodeHandler(auth.handler));
server.listen(Number(AUTH_PORT), AUTH_HOST, () => {
  say(`
Better Auth is ready at ${baseURL}/api/auth. Rowguard accepts its tokens when started with

  JWKS_URL=${baseURL}/api/auth/jwks JWT_ISSUER=${baseURL} JWT_AUDIENCE=${baseURL} npm start

Sign up, then get a token (it is valid for 15 minutes):

  curl -c .data/cookies -H 'origin: ${baseURL}' -H 'content-type: application/json' \\
    -d '{"name":"Ada","email":"ada@example.com","password":"correct horse"}' \\
    ${baseURL}/api/auth/sign-up/email
  curl -b .data/cookies ${baseURL}/api/auth/token
`);
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    server.close(() => pool.end());
    server.closeAllConnections();
  });
}

/** Stored beside the database whose private keys it encrypts: neither is useful without the other. */
function keptSecret(): string {
  const file = join(dataDirectory, 'better-auth.secret');
  if (!existsSync(file)) {
    writeFileSync(file, randomBytes(32).toString('base64url'), { mode: 0o600 });
  }
  return readFileSync(file, 'utf8');
}
