/**
 * The schema of a database as text for reviews and fingerprints. Takes an open connection outside a
 * transaction, returns the content of the schema.sql snapshot. Only reads.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClientBase } from 'pg';

const HEADER = '-- Generated from the committed migrations. Do not edit: npm run snapshots\n';

export async function dumpSchema(client: ClientBase): Promise<string> {
  const sql = readFileSync(join(import.meta.dirname, 'dump.sql'), 'utf8');
  await client.query('begin read only');
  try {
    // With this search_path PostgreSQL prints every name with its schema, whichever login connects.
    await client.query("set local search_path = 'pg_catalog'");
    const { rows } = await client.query<{ rank: number; line: string }>(sql);
    // Blank lines between definitions; grants and comments are printed as lists.
    const text = rows.map(({ rank, line }, i) => {
      const apart = rank < 3 || rank !== rows[i - 1]?.rank;
      return `${apart ? '\n' : ''}${line}\n`;
    });
    return HEADER + text.join('');
  } finally {
    await client.query('rollback');
  }
}
