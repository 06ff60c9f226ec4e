/**
 * The data directory: where the cluster is and whether it can be used. Takes paths, returns paths or an
 * OperatorError. Never deletes data: an incomplete cluster is renamed, an unusable one is reported.
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

/** Major version of the installed embedded PostgreSQL. A cluster of another version is refused. */
const MAJOR = '18';

/** For clusters whose own directory PostgreSQL's user cannot enter. Only a start as root uses it. */
const ELSEWHERE = '/var/lib/rowguard';

/** Mode 0711: PostgreSQL's user can pass through, other users cannot list it. */
export function makeDirectory(directory: string): void {
  try {
    if (mkdirSync(directory, { recursive: true, mode: 0o711 })) chmodSync(directory, 0o711);
  } catch (cause) {
    throw new OperatorError(
      `The data directory ${directory} cannot be created: ${(cause as Error).message}.`,
      'make its parent writable, or set DATA_DIR to another directory.',
      { cause },
    );
  }
}

/** Returns whether a complete cluster of the right version exists. Renames an incomplete one. */
export function clusterExists(place: ClusterPlace, say: (line: string) => void): boolean {
  const { directory, user } = place;
  if (!existsSync(directory)) return false;
  let found: string[];
  try {
    found = readdirSync(directory);
  } catch (cause) {
    throw new OperatorError(
      `The database directory ${directory} cannot be read: ${(cause as Error).message}.`,
      `it belongs to another user, probably because npm start once ran as root. Run npm start as that user, or take the files over: sudo chown -R "$(id -un)" ${directory}`,
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
    say(`Moved it unchanged to ${aside}. Starting with a new database.`);
    return false;
  }
  const version = readFileSync(join(directory, 'PG_VERSION'), 'utf8').trim();
  if (version !== MAJOR) {
    throw new OperatorError(
      `${directory} was made by PostgreSQL ${version}; this Rowguard has PostgreSQL ${MAJOR}.`,
      `move ${directory} away to start with an empty database, or dump the data with PostgreSQL ${version} and restore it.`,
    );
  }
  const closed = user && firstClosedDirectory(dirname(directory), user);
  if (user && closed) throw closedDirectoryError(closed, user);
  return true;
}

/** Path of the cluster: `postgres` in the data directory, or the target if that is a link. */
export function locateCluster(directory: string): string {
  const home = join(directory, 'postgres');
  const link = lstatSync(home, { throwIfNoEntry: false })?.isSymbolicLink();
  return link ? readlinkSync(home) : home;
}

/**
 * Before initdb: returns the path for the new cluster. If PostgreSQL's user cannot enter the data
 * directory, the path is below ELSEWHERE and `postgres` becomes a link to it.
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
  say(`PostgreSQL runs as the user "${user.name}", who cannot enter ${closed}.`);
  say(`Its files are in ${elsewhere}; ${home} links there.`);
  return elsewhere;
}
