/**
 * `npm run db -- status`: whether the files, the database and the work in progress agree. Prints what does
 * not, with what to do about it. Exit code: 1 for migrations that have not run here, 2 for a current.sql
 * that is not committed, 4 for a database or a file that is not what was committed; added up.
 */
import { readFileSync } from 'node:fs';
import { withClient } from '../database/connect.ts';
import { readCommitted } from '../migrate/committed.ts';
import { type Drift, findDrift } from '../migrate/drift.ts';
import { CURRENT_FILE } from '../migrate/watch-current.ts';
import type { OwnerDatabase } from './owner-database.ts';

export async function printStatus(database: OwnerDatabase): Promise<number> {
  const working = /\S/.test(readFileSync(CURRENT_FILE, 'utf8').replace(/--.*/g, ''));
  let drifts = await withClient(database.ownerUrl, (owner) => findDrift(owner, readCommitted()));
  // What current.sql did is not by hand, though it looks the same.
  if (working) drifts = drifts.filter(({ kind }) => kind !== 'changed');
  for (const { kind, files } of drifts) console.log([WORDS[kind], ...files].join('\n  '));
  if (working) console.log('migrations/current.sql is not empty and has not been committed.');
  if (drifts.length === 0 && !working) console.log('Up to date.');
  const behind = drifts.some(({ kind }) => kind === 'behind');
  const drifted = drifts.some(({ kind }) => kind !== 'behind');
  return (behind ? 1 : 0) + (working ? 2 : 0) + (drifted ? 4 : 0);
}

const WORDS: Record<Drift['kind'], string> = {
  behind: 'The database is behind the code; npm run db -- migrate would run:',
  ahead: 'The database is ahead of the code; no file here holds what it has run:',
  edited: 'Committed files that are not what was committed (put them back; git has them):',
  changed:
    'The schema was changed by hand since the last migration. Make the change a migration, or undo it.',
};
