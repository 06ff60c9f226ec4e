/** A database's schema as reviewable text: the content of test/schema.sql. Receives an open connection. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClientBase } from 'pg';

const HEADER = '-- Generated from the committed migrations. Do not edit: npm run snapshots\n';

export async function dumpSchema(client: ClientBase): Promise<string> {
  const sql = readFileSync(join(import.meta.dirname, 'dump.sql'), 'utf8');
  await client.query('begin read only');
  try {
    // Every name qualified, whatever the login's own search_path is.
    await client.query("set local search_path = 'pg_catalog'");
    const { rows } = await client.query<{ rank: number; line: string }>(sql);
    // Rights and comments are lists; everything before them stands apart.
    const text = rows.map(({ rank, line }, i) => {
      const apart = rank < 3 || rank !== rows[i - 1]?.rank;
      return `${apart ? '\n' : ''}${line}\n`;
    });
    return HEADER + text.join('');
  } finally {
    await client.query('rollback');
  }
}
