/**
 * Runs the committed migrations with graphile-migrate, as the owner. Order: roles (.gmrc runs roles.sql),
 * the migrations, the views of personal logins (direct.ts), the fingerprint of the schema (drift.ts), the
 * password of the server's login. Never prints a URL or a password.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger, migrate as runMigrations, type Settings } from 'graphile-migrate';
import { clearAllPools } from 'graphile-migrate/dist/pgReal.js';
import JSON5 from 'json5';
import { type ClientBase, escapeLiteral } from 'pg';
import { withClient } from '../database/connect.ts';
import { OperatorError } from '../errors.ts';
import { readCommitted } from './committed.ts';
import { refreshDirectViews, restoreDirectViews } from './direct.ts';
import { keepFingerprint } from './drift.ts';
import { LOCKED, migrationError } from './migration-error.ts';
import { refuseOldChain } from './old-chain.ts';
import { ROOT } from './root.ts';

export interface MigrateOptions {
  readonly ownerUrl: string;
  /** Password for todo_authenticator. undefined = keep the current one. */
  readonly authenticatorPassword: string | undefined;
  /** Receives graphile-migrate's output, line by line. */
  readonly say: (line: string) => void;
}

export async function migrateDatabase(options: MigrateOptions): Promise<void> {
  const { ownerUrl, authenticatorPassword: password, say } = options;
  await withClient(ownerUrl, refuseOldChain);
  try {
    await patiently(() => runMigrations(withoutOwnActions(migrationSettings(ownerUrl, say))));
  } catch (error) {
    await restoreDirectViews(ownerUrl);
    // The caller may stop the database now.
    await connectionsClosed();
    throw migrationError(error);
  }
  await withClient(ownerUrl, async (owner) => {
    await refreshDirectViews(owner);
    await keepFingerprint(owner);
    if (password !== undefined) await setAuthenticatorPassword(owner, password);
  });
}

/**
 * Retries `work` for a minute while its error matches `reason`. graphile-migrate tries its advisory lock
 * only once, and several servers may migrate at the same time.
 */
export async function patiently<T>(work: () => Promise<T>, reason: RegExp = LOCKED): Promise<T> {
  for (const deadline = Date.now() + 60_000; ; await sleep(200)) {
    try {
      return await work();
    } catch (error) {
      if (!reason.test(String(error)) || Date.now() > deadline) throw error;
    }
  }
}

/**
 * Call this before the database stops or is dropped: graphile-migrate keeps idle connections for 200 ms and ends the
 * process if one of them breaks. The pause is for PostgreSQL, which needs a moment to end their backends.
 */
export async function connectionsClosed(): Promise<void> {
  clearAllPools();
  await sleep(20);
}

/** Throws OperatorError where two committed files have one number: graphile-migrate cannot run them. */
export function migrationSettings(connectionString: string, say: (line: string) => void): Settings {
  readCommitted();
  const logger = new Logger(() => (level, message) => {
    if (level !== 'debug') say(message);
  });
  return {
    ...JSON5.parse(readFileSync(join(ROOT, '.gmrc'), 'utf8'), runHere),
    migrationsFolder: join(ROOT, 'migrations'),
    connectionString,
    logger,
  };
}

/**
 * Leaves out the two actions of .gmrc that Rowguard's commands carry out themselves, once and without another
 * process. An action that an application added stays.
 */
export function withoutOwnActions(settings: Settings): Settings {
  const actions = settings.afterAllMigrations ?? [];
  const isOwn = (action: (typeof actions)[number]): boolean =>
    /refresh-direct\.sql|doctor-gate\.ts/.test(JSON.stringify(action));
  return { ...settings, afterAllMigrations: [actions].flat().filter((action) => !isOwn(action)) };
}

/**
 * Settings for work in progress only; committed files have passed these checks.
 * row_security: FORCE row level security applies to the owner too, so an update that no policy allows
 * changes no row and raises no error. With `off` it is an error. docs/conventions.md, "Data migrations".
 * check_function_bodies: under row_security = off PostgreSQL refuses each function that queries a table.
 * checkFunctions() (functions.ts) checks the bodies afterwards.
 */
export const CURRENT_SETTINGS = { row_security: 'off', check_function_bodies: 'off' } as const;

/** Runs the commands of .gmrc with this Node and this checkout, independent of PATH and directory. */
const runHere = (key: string, value: unknown): unknown =>
  key === 'command' && typeof value === 'string'
    ? value.replace(
        /^node (\S+)/,
        (_, file: string) => `"${process.execPath}" "${join(ROOT, file)}"`,
      )
    : value;

/** ALTER ROLE takes no lock: the second of two simultaneous calls fails, so it is tried again. */
export async function setAuthenticatorPassword(owner: ClientBase, password: string): Promise<void> {
  const statement = `alter role todo_authenticator password ${escapeLiteral(password)}`;
  try {
    await patiently(() => owner.query(statement), /tuple concurrently updated/);
  } catch (cause) {
    throw new OperatorError(
      `The owner may not set the password of todo_authenticator: ${(cause as Error).message}.`,
      'run the migration as the role that created todo_authenticator, or set the password by hand and leave it out of AUTH_DATABASE_URL.',
      { cause },
    );
  }
}
