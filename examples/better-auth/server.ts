/**
 * Runs the Better Auth server of auth.ts on this machine and prints how to use it. Takes settings from the
 * environment. An error before it listens is printed as a sentence, and the exit code is 1.
 */
import { createServer, type Server } from 'node:http';
import { join, relative } from 'node:path';
import { toNodeHandler } from 'better-auth/node';
import { describeError, OperatorError } from '../../src/errors.ts';
import { createAuth, migrate } from './auth.ts';
import { withCors } from './cors.ts';
import { openDatabase } from './database.ts';
import { deleteUnreadableKeys } from './keys.ts';
import { readSettings } from './settings.ts';

const HELP = `Usage: npm start --prefix examples/better-auth

Starts a Better Auth server beside a running npm start. npm run example starts it with the page.
Settings: DATABASE_URL, DATA_DIR, AUTH_HOST, AUTH_PORT, AUTH_ORIGINS, AUTH_TOKEN_LIFETIME,
BETTER_AUTH_SECRET (see README.md).`;

const say = (line: string): void => console.log(line);

async function start(): Promise<void> {
  const settings = readSettings(process.env);
  const { host, port, baseURL, dataDirectory, tokenLifetime } = settings;
  const pool = await openDatabase(settings.databaseUrl, dataDirectory, say);
  try {
    const auth = createAuth({ ...settings, pool, secret: settings.secret() });
    await migrate(auth, pool);
    const context = await auth.$context;
    const server = createServer(
      withCors(toNodeHandler(auth), (origin) => context.isTrustedOrigin(origin)),
    );
    await listen(server, host, port);
    // After the port: a second server that cannot start must not delete the keys of the first.
    const deleted = await deleteUnreadableKeys(auth);
    if (deleted > 0) {
      say(
        `Deleted ${deleted} signing key(s) that BETTER_AUTH_SECRET cannot decrypt. People sign in again.`,
      );
    }
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        server.close(() => pool.end());
        server.closeAllConnections();
      });
    }
  } catch (error) {
    await pool.end();
    throw error;
  }
  const cookies = relative('.', join(dataDirectory, 'cookies'));
  say(`
Better Auth is ready at ${baseURL}/api/auth. Rowguard accepts its tokens when started with

  JWKS_URL=${baseURL}/api/auth/jwks JWT_ISSUER=${baseURL} JWT_AUDIENCE=${baseURL} npm start

Sign up, then get a token (valid for ${tokenLifetime}):

  curl -c ${cookies} -H 'origin: ${baseURL}' -H 'content-type: application/json' \\
    -d '{"name":"Ada","email":"ada@example.com","password":"correct horse"}' \\
    ${baseURL}/api/auth/sign-up/email
  curl -b ${cookies} ${baseURL}/api/auth/token
`);
}

const listen = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const taken = cause.code === 'EADDRINUSE';
      reject(
        new OperatorError(
          taken
            ? `Port ${port} is in use by another program.`
            : `${host}:${port} cannot be used: ${cause.message}`,
          `choose another port: AUTH_PORT=${port + 1} npm start --prefix examples/better-auth`,
          { cause },
        ),
      );
    });
    server.listen(port, host, resolve);
  });

if (process.argv.includes('--help') || process.argv.includes('-h')) {
  say(HELP);
} else {
  await start().catch((error: unknown) => {
    console.error(`rowguard: ${describeError(error)}`);
    process.exitCode = 1;
  });
}
