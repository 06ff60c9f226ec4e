/**
 * Opens the database for Better Auth's tables: DATABASE_URL, or the embedded database of a running
 * `npm start`. Returns the owner's pool; waits until Rowguard has migrated the database.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { parseDatabaseUrl } from '../../src/database/url.ts';
import { loadSecrets, loadState } from '../../src/embedded/files.ts';
import { livingHolder } from '../../src/embedded/lock.ts';
import { embeddedUrls } from '../../src/embedded/urls.ts';

export async function openDatabase(
  databaseUrl: string | undefined,
  dataDirectory: string,
  say: (line: string) => void,
): Promise<Pool> {
  let reported = false;
  for (; ; await sleep(300)) {
    const connectionString = databaseUrl ? external(databaseUrl) : await embedded(dataDirectory);
    const pool = connectionString && (await migrated(connectionString));
    if (pool) return pool;
    if (!reported) say('Waiting for Rowguard: run npm start in another terminal …');
    reported = true;
  }
}

function external(text: string): string {
  const url = parseDatabaseUrl(text);
  if (typeof url === 'string') throw new Error(`DATABASE_URL ${url}.`);
  return url.direct().node();
}

async function embedded(directory: string): Promise<string | undefined> {
  const port = (await livingHolder(join(directory, 'running.json')))?.postgresPort;
  // Alice and Bob must have their ids first.
  if (!port || !loadState(directory).seeded) return undefined;
  return embeddedUrls(loadSecrets(directory, true), port).owner;
}

async function migrated(connectionString: string): Promise<Pool | undefined> {
  const pool = new Pool({ connectionString, application_name: 'better-auth' });
  pool.on('error', () => {});
  try {
    const { rows } = await pool.query(
      "select to_regprocedure('app_private.end_account(integer)') is not null as ready",
    );
    if (rows[0]?.ready) return pool;
  } catch (error) {
    // Refused, starting or not created yet. Waiting does not fix other errors.
    const { code = '' } = error as { code?: string };
    if (!/^(ECONN|57P03|3D000|28P01)/.test(code)) throw error;
  }
  await pool.end();
  return undefined;
}
