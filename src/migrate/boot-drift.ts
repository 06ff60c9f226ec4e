/**
 * Compares the schema before the server listens. Takes the server's pool and the committed files. In
 * production a schema of other migrations ends the start with an OperatorError. A change by hand is only
 * logged: an index created in an emergency must not stop the service.
 */
import type { Pool } from 'pg';
import { patiently } from '../database/patiently.ts';
import { OperatorError } from '../errors.ts';
import type { Committed } from './committed.ts';
import { type Drift, describeDrift, findDrift } from './drift.ts';

export async function refuseDrift(
  pool: Pool,
  committed: readonly Committed[],
  production: boolean,
  log: (line: string) => void,
): Promise<void> {
  const drifts = await serverDrift(pool, committed);
  const [worst] = drifts.filter(({ kind }) => kind !== 'changed');
  if (production && worst) {
    const list = drifts.map((drift) => `  - ${describeDrift(drift)}`).join('\n');
    throw new OperatorError(`The database does not match this code:\n${list}`, FIXES[worst.kind]);
  }
  for (const drift of drifts) log(`${describeDrift(drift)} (npm run db -- status)`);
}

/** How long the server waits for an answer, in milliseconds. */
const PATIENCE_MS = 15_000;

export const serverDrift = (pool: Pool, committed: readonly Committed[]): Promise<Drift[]> =>
  patiently(pool, PATIENCE_MS, (client) => findDrift(client, committed));

const FIXES: Record<Drift['kind'], string> = {
  behind: 'run npm run db -- migrate with DATABASE_URL set to the owner, then start again.',
  ahead: 'start the version that the database was migrated for, or a later one.',
  edited:
    'restore migrations/committed (git checkout migrations/committed) and change the schema in a new migration.',
  changed: 'npm run db -- status',
};
