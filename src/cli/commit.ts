/**
 * `npm run db -- commit`: makes current.sql a committed migration. Takes the owner's database, returns exit code 0 or
 * throws an OperatorError. Everything that can refuse the migration runs on the shadow database first, so a refused
 * commit has changed neither a file nor the owner's database. Updates the snapshots.
 */
import { commit } from 'graphile-migrate';
import { withClient } from '../database/connect.ts';
import { errorsOf, examine } from '../doctor/doctor.ts';
import { report } from '../doctor/report.ts';
import { OperatorError } from '../errors.ts';
import { apiChanges, describeLosses, promisedApi } from '../migrate/breaking.ts';
import { readCommitted } from '../migrate/committed.ts';
import { CURRENT_NAME, isBlank, readCurrent } from '../migrate/current.ts';
import { restoreDirectViews } from '../migrate/direct.ts';
import { openCommitted } from '../migrate/file-modes.ts';
import { connectionsClosed, patiently } from '../migrate/migrate.ts';
import { migrationError } from '../migrate/migration-error.ts';
import { rehearse } from '../migrate/rehearse.ts';
import { type Shadow, withShadow } from '../migrate/shadow.ts';
import { describeSqlError, isSqlError } from '../migrate/sql-error.ts';
import { finish, say, settingsFor } from './migrations.ts';
import type { OwnerDatabase } from './owner-database.ts';
import { writeSnapshots } from './snapshots.ts';

/** `breaking`: changes that break the API, and objects that a cascade takes along, are meant. */
export async function commitCurrent(
  database: OwnerDatabase,
  message: string,
  breaking: boolean,
): Promise<number> {
  const sql = readCurrent();
  if (isBlank(sql)) {
    throw new OperatorError(
      'migrations/current.sql contains no SQL.',
      'write the migration there. docs/adding-a-table.md shows an example.',
    );
  }
  // Refuses two files with one number before a shadow database is made.
  readCommitted();
  return withShadow(database, async (shadow) => {
    const settings = settingsFor(database, shadow);
    const cascade = await rehearse(settings, shadow.url, sql);
    const api = await weighLosses(database, shadow, cascade, breaking);
    await examineShadow(shadow);
    await connectionsClosed();
    await patiently(() => commit(settings, message)).catch(async (error: unknown) => {
      await restoreDirectViews(database.ownerUrl);
      throw refusal(error, sql);
    });
    openCommitted();
    await finish(database);
    await writeSnapshots(shadow, api);
    say(
      'Committed. Review the new file in migrations/committed, test/app/schema.sql and test/app/schema.graphql.',
    );
    return 0;
  });
}

/**
 * Refuses losses that nobody has called meant, and prints those that somebody has. Returns the new API as SDL;
 * undefined in a deployment, which has no promised API to compare with.
 */
async function weighLosses(
  database: OwnerDatabase,
  shadow: Shadow,
  cascade: readonly string[],
  meant: boolean,
): Promise<string | undefined> {
  const promised = promisedApi();
  const { printApi } = await import('../graphql/print.ts');
  const print = () => printApi(shadow.authenticatorUrl);
  // The server's login has no password before the first migrate.
  const api = promised && (await print().catch(() => finish(database).then(print)));
  const changes = promised && api ? apiChanges(promised, api) : { breaking: [], dangerous: [] };
  const losses = describeLosses(changes, cascade).trim();
  if (losses && meant) say(losses);
  if (!losses || meant) return api;
  throw new OperatorError(
    `The migration was not committed.\n${losses}`,
    'keep what clients use, or, if this is meant, run: npm run db -- commit --breaking -m "…".',
  );
}

/** Prints what the doctor finds after the rehearsal, and refuses errors. */
async function examineShadow(shadow: Shadow): Promise<void> {
  const findings = await withClient(shadow.url, (client) => examine(client));
  // A migration cannot change the version of PostgreSQL.
  const shown = findings.filter(({ code }) => code !== 'SERVER_VERSION');
  if (shown.length > 0) say(`The doctor found in this migration:\n\n${report(shown)}`);
  if (errorsOf(shown).length === 0) return;
  throw new OperatorError(
    'The migration was not committed: the doctor found errors in the resulting schema.',
    'add the lines that the doctor printed above to migrations/current.sql and commit again.',
  );
}

function refusal(error: unknown, sql: string): unknown {
  if (!isSqlError(error)) return migrationError(error);
  const offset = error.position ? Number(error.position) - 1 : undefined;
  return new OperatorError(
    `The migration was not committed: it runs on an empty database and not on this one.\n${describeSqlError(error, sql, CURRENT_NAME, offset)}`,
    'correct migrations/current.sql so that it also runs on the existing rows.',
    { cause: error },
  );
}
