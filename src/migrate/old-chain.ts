/**
 * Refuses a database made before version 1.0.0. The migrations were rewritten once for 1.0.0, so such a
 * database has run files with the same names and another content. Takes any connection that can read the
 * hash of 000001; throws OperatorError.
 */
import type { ClientBase } from 'pg';
import { OperatorError } from '../errors.ts';

/** What 000001-identity.sql was before 1.0.0. */
const OLD_HASHES: readonly string[] = [
  'sha1:7465717bd04091110cca840db6516d9e9a4a8e5a',
  'sha1:dbaa5c8103bbfba76e0d6120272aa76913bee575',
  'sha1:f4e39cba6363063d5f50cc73b080db39ac309357',
];

/** `hash` is what the database says it ran as 000001.sql; undefined where it ran nothing. */
export function refuseOldHash(hash: string | undefined): void {
  if (hash === undefined || !OLD_HASHES.includes(hash)) return;
  throw new OperatorError(
    'This database was made by a pre-1.0 Rowguard, whose migrations were rewritten for 1.0.0.',
    'make a new one: npm run db -- reset on the embedded database (all rows are lost), or an empty database for DATABASE_URL.',
  );
}

/** As the owner, before migrations. */
export async function refuseOldChain(owner: ClientBase): Promise<void> {
  const { rows } = await owner.query<{ there: boolean }>(
    "select to_regclass('graphile_migrate.migrations') is not null as there",
  );
  if (!rows[0]?.there) return;
  const first = await owner.query<{ hash: string }>(
    "select hash from graphile_migrate.migrations where filename = '000001.sql'",
  );
  refuseOldHash(first.rows[0]?.hash);
}
