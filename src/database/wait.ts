/**
 * Before the server starts: waits until the database accepts connections and is migrated. Takes the
 * server's own URL. Throws an OperatorError for errors that waiting does not fix. Leaves no connection open.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '../errors.ts';
import { withClient } from './connect.ts';
import { connectionError, describeUrl, reasonOf } from './connection-error.ts';

/** Milliseconds that a database may take to start. */
const PATIENCE_MS = 60_000;

export async function waitForDatabase(
  url: string,
  say: (line: string) => void,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const target = describeUrl(url);
  let reported = false;
  for (const deadline = Date.now() + patienceMs; ; await sleep(500)) {
    try {
      return await checkSchema(url, target);
    } catch (error) {
      if (error instanceof OperatorError) throw error;
      const refused = connectionError(error, url, 'AUTH_DATABASE_URL');
      if (refused) throw refused;
      if (Date.now() > deadline) {
        throw new OperatorError(
          `The database ${target} cannot be reached: ${reasonOf(error)}.`,
          'check the host, the port and the network of AUTH_DATABASE_URL.',
          { cause: error },
        );
      }
      if (!reported) say(`Waiting for the database ${target} (${reasonOf(error)}) …`);
      reported = true;
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
