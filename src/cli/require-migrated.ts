/**
 * For commands that need the tables. Takes the owner's connection, throws an OperatorError if the database was
 * never migrated: the embedded one has no tables before the first npm start. Changes nothing.
 */
import type { ClientBase } from 'pg';
import { OperatorError } from '../errors.ts';

export async function requireMigrated(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ ready: boolean }>(
    `select to_regclass('app_private.psql_login') is not null as ready`,
  );
  if (rows[0]?.ready) return;
  throw new OperatorError(
    'The database has not been migrated.',
    'run npm start once, or npm run db -- migrate.',
  );
}
