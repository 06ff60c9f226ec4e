/**
 * PostgreSQL refuses to run as root. If this process is root, finds a system user to run PostgreSQL as,
 * and says which directories that user cannot enter. Changes nothing.
 */
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { OperatorError } from '../errors.ts';

export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** The user to run PostgreSQL as. undefined = the user of this process, who is not root. */
export function findSystemUser(): SystemUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', '_postgres', 'nobody']) {
    try {
      const [uid, gid] = ['-u', '-g'].map((flag) =>
        Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] })),
      );
      if (uid && gid) return { name, uid, gid };
    } catch {
      // No such user.
    }
  }
  throw new OperatorError(
    'PostgreSQL must not run as root, and this machine has no user "postgres" or "nobody" to run it as.',
    'run this command as an ordinary user, create a user (useradd --system postgres), or set DATABASE_URL and AUTH_DATABASE_URL to a server of your own.',
  );
}

/**
 * Returns the first directory of `path`, from the root down, that `user` cannot enter, or undefined.
 * Reads mode bits only: processes started here have no supplementary groups, and ACLs are ignored.
 */
export function firstClosedDirectory(path: string, user: SystemUser): string | undefined {
  const ancestors: string[] = [];
  for (let at = resolve(path); ; at = dirname(at)) {
    ancestors.unshift(at);
    if (at === dirname(at)) break;
  }
  return ancestors.find((at) => {
    const info = statSync(at, { throwIfNoEntry: false });
    if (!info) return false;
    const executable = info.uid === user.uid ? 0o100 : info.gid === user.gid ? 0o010 : 0o001;
    return (info.mode & executable) === 0;
  });
}
