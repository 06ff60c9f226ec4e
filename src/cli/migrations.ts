/**
 * The commands that change the chain of migrations or run it: commit, uncommit, reset, migrate. Each takes
 * the owner's database and prints to stderr. commit and uncommit try the chain on the shadow database
 * before they change the owner's, and update the snapshots.
 */
import { commit, reset, type Settings, uncommit } from 'graphile-migrate';
import { withClient } from '../database/connect.ts';
import { saveState } from '../embedded/files.ts';
import { OperatorError } from '../errors.ts';
import { apiChanges, describeLosses, promisedApi } from '../migrate/breaking.ts';
import { readCommitted } from '../migrate/committed.ts';
import { CURRENT_NAME, isBlank, readCurrent } from '../migrate/current.ts';
import { keepDirectViews } from '../migrate/direct.ts';
import { openCommitted } from '../migrate/file-modes.ts';
import {
  connectionsClosed,
  migrateDatabase,
  migrationSettings,
  patiently,
} from '../migrate/migrate.ts';
import { migrationError } from '../migrate/migration-error.ts';
import { rehearse } from '../migrate/rehearse.ts';
import { onDatabase, type Shadow, withShadow } from '../migrate/shadow.ts';
import { describeSqlError, isSqlError } from '../migrate/sql-error.ts';
import type { OwnerDatabase } from './owner-database.ts';
import { requireMigrated } from './require-migrated.ts';
import { writeSnapshots } from './snapshots.ts';

const say = (line: string): void => console.error(line);

/** Hides graphile-migrate's progress on the shadow database; this file reports its errors. */
const quietly = (line: string): void => {
  if (!/graphile-migrate|ABORT|🛑/.test(line)) say(line.trim());
};

const settingsFor = (database: OwnerDatabase, shadow: Shadow): Settings => ({
  ...migrationSettings(database.ownerUrl, quietly),
  shadowConnectionString: shadow.url,
  rootConnectionString: shadow.rootUrl,
});

/**
 * Exit code 0. The doctor of .gmrc examines the shadow database and may refuse the commit. `breaking`: changes that
 * break the API, and objects that a cascade takes along, are meant.
 */
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
    await connectionsClosed();
    await weighLosses(database, shadow, cascade, breaking);
    await keepDirectViews(database.ownerUrl, () =>
      patiently(() => commit(settings, message)),
    ).catch((error: unknown) => {
      throw refusal(error, sql);
    });
    openCommitted();
    await finish(database);
    await writeSnapshots(shadow);
    say(
      'Committed. Review the new file in migrations/committed, test/app/schema.sql and test/app/schema.graphql.',
    );
    return 0;
  });
}

/** Refuses losses that nobody has called meant, and prints those that somebody has. */
async function weighLosses(
  database: OwnerDatabase,
  shadow: Shadow,
  cascade: readonly string[],
  meant: boolean,
): Promise<void> {
  const promised = promisedApi();
  const { printApi } = await import('../graphql/print.ts');
  const print = () => printApi(shadow.authenticatorUrl);
  const changes = promised
    ? // The server's login has no password before the first migrate.
      apiChanges(promised, await print().catch(() => finish(database).then(print)))
    : { breaking: [], dangerous: [] };
  const losses = describeLosses(changes, cascade).trim();
  if (!losses) return;
  if (meant) return say(losses);
  throw new OperatorError(
    `The migration was not committed.\n${losses}`,
    'keep what clients use, or, if this is meant, run: npm run db -- commit --breaking -m "…".',
  );
}

function refusal(error: unknown, sql: string): unknown {
  if (error instanceof Error && error.message.includes('doctor-gate')) {
    return new OperatorError(
      'The migration was not committed: the doctor found errors in the resulting schema.',
      'add the lines that the doctor printed above to migrations/current.sql and commit again.',
    );
  }
  if (!isSqlError(error)) return migrationError(error);
  const offset = error.position ? Number(error.position) - 1 : undefined;
  return new OperatorError(
    `The migration was not committed: it runs on an empty database and not on this one.\n${describeSqlError(error, sql, 'migrations/current.sql', offset)}`,
    'correct migrations/current.sql so that it also runs on the existing rows.',
    { cause: error },
  );
}

export async function uncommitLast(database: OwnerDatabase): Promise<number> {
  if (!isBlank(readCurrent())) {
    throw new OperatorError(
      `${CURRENT_NAME} contains SQL, and uncommit would overwrite it.`,
      'commit that SQL, or save it elsewhere and empty the file.',
    );
  }
  readCommitted();
  // graphile-migrate would move the file first, and fail then.
  await withClient(database.ownerUrl, requireMigrated);
  return withShadow(database, async (shadow) => {
    await patiently(() => uncommit(settingsFor(database, shadow))).catch((error: unknown) => {
      throw migrationError(error);
    });
    await writeSnapshots(shadow);
    say(
      'The last committed migration is in migrations/current.sql again. The database keeps its changes.',
    );
    return 0;
  });
}

export async function resetDatabase(database: OwnerDatabase): Promise<number> {
  const { ownerUrl, rootUrl = onDatabase(ownerUrl, 'postgres'), directory } = database;
  const settings = { ...migrationSettings(ownerUrl, quietly), rootConnectionString: rootUrl };
  await patiently(() => reset(settings)).catch((error: { code?: string }) => {
    if (error.code !== '55006') throw migrationError(error);
    throw new OperatorError(
      'The database is in use.',
      'stop the server and every other client, then run reset again.',
      { cause: error },
    );
  });
  await finish(database);
  if (directory) saveState(directory, { seeded: false });
  say('The database is empty and migrated.');
  return 0;
}

/** Runs pending migrations, stores the schema's fingerprint and sets the server login's password. */
export async function finish(
  database: OwnerDatabase,
  tell: (line: string) => void = () => {},
): Promise<void> {
  const password = new URL(database.authenticatorUrl).password;
  await migrateDatabase({
    ownerUrl: database.ownerUrl,
    authenticatorPassword: password ? decodeURIComponent(password) : undefined,
    say: tell,
  });
}
