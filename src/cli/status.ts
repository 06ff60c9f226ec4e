/**
 * `npm run db -- status`: compares the committed files, current.sql and the database. Prints differences
 * and how to fix them; changes nothing. Exit code, the sum of: 1 pending migrations, 2 uncommitted
 * current.sql, 4 an edited file or a database that differs from the files.
 */
import { withClient } from '../database/connect.ts';
import { readCommitted } from '../migrate/committed.ts';
import { isBlank, readCurrent } from '../migrate/current.ts';
import { type Drift, findDrift } from '../migrate/drift.ts';
import type { OwnerDatabase } from './owner-database.ts';

export async function printStatus(database: OwnerDatabase): Promise<number> {
  const working = !isBlank(readCurrent());
  let drifts = await withClient(database.ownerUrl, (owner) => findDrift(owner, readCommitted()));
  // Changes by current.sql look like changes by hand.
  if (working) drifts = drifts.filter(({ kind }) => kind !== 'changed');
  for (const { kind, files } of drifts) console.log([WORDS[kind], ...files].join('\n  '));
  if (working) console.log('migrations/current.sql contains SQL that is not committed.');
  if (drifts.length === 0 && !working) console.log('Up to date.');
  const behind = drifts.some(({ kind }) => kind === 'behind');
  const drifted = drifts.some(({ kind }) => kind !== 'behind');
  return (behind ? 1 : 0) + (working ? 2 : 0) + (drifted ? 4 : 0);
}

const WORDS: Record<Drift['kind'], string> = {
  behind: 'The database is behind the code. npm run db -- migrate will run:',
  ahead: 'The database is ahead of the code. It has run migrations that have no file here:',
  edited:
    'Committed files were edited. Restore them from git; change the schema in a new migration:',
  changed:
    'The schema was changed by hand since the last migration. Undo the change or write it as a migration.',
};
