/**
 * PostgreSQL refuses to run as root. Where we are root this finds an ordinary system user to run it as,
 * and tells whether that user can reach a path. It changes nothing.
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

/** The user to run PostgreSQL as, or undefined to run it as ourselves, which is right unless root. */
export function findSystemUser(): SystemUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', '_postgres', 'nobody']) {
    try {
      const [uid, gid] = ['-u', '-g'].map((flag) =>
        Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] })),
      );
      if (uid && gid) return { name, uid, gid };
    } catch {
      // No such user: try the next.
    }
  }
  throw new OperatorError(
    'PostgreSQL must not run as root, and this machine has no user "postgres" or "nobody" to run it as.',
    'run this as an ordinary user, create one (useradd --system postgres), or set DATABASE_URL and AUTH_DATABASE_URL to a server of your own.',
  );
}

/**
 * The outermost directory on the way to `path` that `user` can not enter, or undefined if it can reach
 * all of it. Reads mode bits only: a user started by us has no supplementary groups and no ACL of note.
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
