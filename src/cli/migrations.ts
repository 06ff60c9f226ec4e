/**
 * The commands that change the chain of migrations or run it: uncommit, reset, migrate (commit is in commit.ts).
 * Each takes the owner's database and prints to stderr. uncommit runs the chain on the shadow database and
 * updates the snapshots.
 */
import { reset, type Settings, uncommit } from 'graphile-migrate';
import { withClient } from '../database/connect.ts';
import { saveState } from '../embedded/files.ts';
import { OperatorError } from '../errors.ts';
import { readCommitted } from '../migrate/committed.ts';
import { CURRENT_NAME, isBlank, readCurrent } from '../migrate/current.ts';
import {
  migrateDatabase,
  migrationSettings,
  patiently,
  withoutOwnActions,
} from '../migrate/migrate.ts';
import { migrationError } from '../migrate/migration-error.ts';
import { onDatabase, type Shadow, withShadow } from '../migrate/shadow.ts';
import type { OwnerDatabase } from './owner-database.ts';
import { requireMigrated } from './require-migrated.ts';
import { writeSnapshots } from './snapshots.ts';

export const say = (line: string): void => console.error(line);

/** Hides graphile-migrate's progress on the shadow database; this file reports its errors. */
const quietly = (line: string): void => {
  if (!/graphile-migrate|ABORT|🛑/.test(line)) say(line.trim());
};

/** The shadow database gets no doctor and no views of personal logins: the callers see to both, once. */
export const settingsFor = (database: OwnerDatabase, shadow: Shadow): Settings => ({
  ...withoutOwnActions(migrationSettings(database.ownerUrl, quietly)),
  shadowConnectionString: shadow.url,
  rootConnectionString: shadow.rootUrl,
});

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
