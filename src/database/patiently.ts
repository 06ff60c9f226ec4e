/**
 * For the server's own longer questions: takes the pool and work on one connection, returns what the work
 * returned. A database that does not answer in time costs the connection, never the caller's patience. Must
 * never give a failed connection back to the pool.
 */
import type { Pool, PoolClient } from 'pg';
import { dropConnection } from './one-round-trip/driver.ts';

/** `ms`: how long the work may take, in milliseconds. Then its statement fails with a lost connection. */
export async function patiently<T>(
  pool: Pool,
  ms: number,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let failure: Error | undefined;
  const late = setTimeout(() => dropConnection(client), ms);
  try {
    return await work(client);
  } catch (error) {
    failure = error as Error;
    throw error;
  } finally {
    clearTimeout(late);
    client.release(failure);
  }
}
