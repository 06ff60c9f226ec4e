/**
 * Before the server listens: in production it does not serve a schema that it was not built for. A change
 * by hand is said and no more: an index that was needed at night must not take the service down.
 */
import type { Pool } from 'pg';
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
    throw new OperatorError(
      `The database is not the one that this code was written for:\n${list}`,
      WAY_OUT[worst.kind],
    );
  }
  for (const drift of drifts) log(`${describeDrift(drift)} (npm run db -- status)`);
}

export async function serverDrift(pool: Pool, committed: readonly Committed[]): Promise<Drift[]> {
  const client = await pool.connect();
  let failure: Error | undefined;
  try {
    return await findDrift(client, committed);
  } catch (error) {
    failure = error as Error;
    throw error;
  } finally {
    // A connection that failed is not given to the next request.
    client.release(failure);
  }
}

const WAY_OUT: Record<Drift['kind'], string> = {
  behind: 'run npm run db -- migrate with DATABASE_URL set to the owner, then start again.',
  ahead: 'start the version that the database was migrated for, or a later one.',
  edited:
    'put migrations/committed back as it was committed; change the schema with a new migration.',
  changed: 'npm run db -- status',
};
