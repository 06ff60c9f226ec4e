/**
 * Before serving: waits for a database that is starting, and says what is wrong with one that will not
 * do. Receives the server's own URL; opens one connection at a time and leaves none open.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '../errors.ts';
import { withClient } from './connect.ts';

/** How long a database may take to come up, in milliseconds. */
const PATIENCE_MS = 60_000;

export async function waitForDatabase(
  url: string,
  say: (line: string) => void,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const target = describeUrl(url);
  let told = false;
  for (const deadline = Date.now() + patienceMs; ; await sleep(500)) {
    try {
      return await checkSchema(url, target);
    } catch (error) {
      if (error instanceof OperatorError) throw error;
      const refused = refusalError(error, target);
      if (refused) throw refused;
      if (Date.now() > deadline) {
        throw new OperatorError(
          `The database ${target} can not be reached: ${reasonOf(error)}.`,
          'check the host, the port and the network of AUTH_DATABASE_URL.',
          { cause: error },
        );
      }
      if (!told) say(`Waiting for the database ${target} (${reasonOf(error)}) …`);
      told = true;
    }
  }
}

async function checkSchema(url: string, target: string): Promise<void> {
  const { rows } = await withClient(
    { connectionString: url, connectionTimeoutMillis: 5000 },
    (client) =>
      client.query("select to_regprocedure('app_private.deletions_since(timestamptz)') as f"),
  );
  if (rows[0]?.f) return;
  throw new OperatorError(
    `The database ${target} has not been migrated.`,
    'run npm run db -- migrate with DATABASE_URL set to the owner, then start again.',
  );
}

/** Errors that waiting does not mend. https://www.postgresql.org/docs/18/errcodes-appendix.html */
function refusalError(error: unknown, target: string): OperatorError | undefined {
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  const options = { cause: error };
  // A socket that is not there yet is no such file either, but nobody tries to open that.
  if (syscall === 'open') {
    return new OperatorError(
      `The file ${path} that AUTH_DATABASE_URL names can not be read (${code}).`,
      'correct sslrootcert, sslcert or sslkey in it, or leave them out for a certificate everybody accepts.',
      options,
    );
  }
  if (code === '28P01' || code === '28000') {
    return new OperatorError(
      `The database ${target} refuses the login.`,
      'AUTH_DATABASE_URL must be todo_authenticator with the password it had at the last npm run db -- migrate.',
      options,
    );
  }
  if (code === '3D000') {
    return new OperatorError(
      `The database ${target} does not exist.`,
      'create it and run npm run db -- migrate, or correct its name in AUTH_DATABASE_URL.',
      options,
    );
  }
  if (code === '42501') {
    return new OperatorError(
      `The login ${target} lacks a right it needs: ${(error as Error).message}.`,
      'run npm run db -- migrate as the owner; it grants todo_authenticator what it needs.',
      options,
    );
  }
  return undefined;
}

const reasonOf = (error: unknown): string => {
  const { code, message } = error as { code?: string; message?: string };
  return message || code || 'no answer';
};

/** user@host:port/database, for messages: never the password. */
export function describeUrl(url: string): string {
  const { username, hostname, port, pathname, searchParams } = new URL(url);
  const host = searchParams.get('host') ?? hostname;
  return `${username}@${host}${port ? `:${port}` : ''}${pathname}`;
}
