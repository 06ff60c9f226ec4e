/**
 * Brings a database up to the committed migrations with graphile-migrate, as the owner. Roles come
 * first (.gmrc runs roles.sql), then the chain, then a note of the schema it left (drift.ts), and last the
 * server's login gets its password.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger, migrate as runMigrations, type Settings } from 'graphile-migrate';
import JSON5 from 'json5';
import { type ClientBase, escapeLiteral } from 'pg';
import { withClient } from '../database/connect.ts';
import { OperatorError } from '../errors.ts';
import { keepFingerprint } from './drift.ts';
import { ROOT } from './root.ts';

export interface MigrateOptions {
  readonly ownerUrl: string;
  /** Password for todo_authenticator; undefined leaves the role's password alone. */
  readonly authenticatorPassword: string | undefined;
  /** Receives graphile-migrate's own lines. */
  readonly say: (line: string) => void;
}

export async function migrateDatabase(options: MigrateOptions): Promise<void> {
  const { ownerUrl, authenticatorPassword: password, say } = options;
  await patiently(() => runMigrations(migrationSettings(ownerUrl, say)));
  await withClient(ownerUrl, async (owner) => {
    await keepFingerprint(owner);
    if (password !== undefined) await setAuthenticatorPassword(owner, password);
  });
}

/** Several may migrate together, and graphile-migrate tries its lock only once: again for a minute, while that is the reason. */
export async function patiently<T>(
  work: () => Promise<T>,
  reason: RegExp = /exclusive lock/i,
): Promise<T> {
  for (const deadline = Date.now() + 60_000; ; await sleep(200)) {
    try {
      return await work();
    } catch (error) {
      if (!reason.test(String(error)) || Date.now() > deadline) throw error;
    }
  }
}

/**
 * graphile-migrate keeps its connections for 200 ms after the last use, and ends the process if one of
 * them breaks: whoever stops the database afterwards waits for this.
 */
export const connectionsClosed = (): Promise<void> => sleep(300);

export function migrationSettings(connectionString: string, say: (line: string) => void): Settings {
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
 * FORCE row level security binds the owner too, and an update that no policy lets through touches no row
 * and says nothing. In work in progress that is an error instead. What was committed has been through it,
 * and must stay as it is: docs/conventions.md, "Data migrations".
 */
export const NO_SILENT_ROWS = { row_security: 'off' } as const;

/** Commands of .gmrc, with this Node and this checkout, whatever PATH and working directory are. */
const runHere = (key: string, value: unknown): unknown =>
  key === 'command' && typeof value === 'string'
    ? value.replace(
        /^node (\S+)/,
        (_, file: string) => `"${process.execPath}" "${join(ROOT, file)}"`,
      )
    : value;

/** ALTER ROLE takes no lock: of two at the same moment, one ends with an error, and the role is as the other wants it. */
export async function setAuthenticatorPassword(owner: ClientBase, password: string): Promise<void> {
  const statement = `alter role todo_authenticator password ${escapeLiteral(password)}`;
  try {
    await patiently(() => owner.query(statement), /tuple concurrently updated/);
  } catch (cause) {
    throw new OperatorError(
      `The owner may not set the password of todo_authenticator: ${(cause as Error).message}.`,
      'let the role that created todo_authenticator run the migration, or set the password by hand and leave it out of AUTH_DATABASE_URL.',
      { cause },
    );
  }
}
