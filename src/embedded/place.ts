/**
 * A cluster's paths and the user its programs run as; returns the spawn options for them. The programs
 * never run as root, never in Node's process group (Ctrl-C reaches the whole group), and never get its
 * environment.
 */
import type { Binaries } from './binaries.ts';
import type { SystemUser } from './system-user.ts';

export interface ClusterPlace {
  readonly binaries: Binaries;
  /** PGDATA. */
  readonly directory: string;
  /** PostgreSQL's log. */
  readonly logFile: string;
  /** undefined = the user of this process. */
  readonly user: SystemUser | undefined;
  /** No fsync. Only for clusters whose data may be lost. */
  readonly disposable?: boolean;
}

/** PostgreSQL did not start. `output` is what it printed; start-error.ts turns it into a sentence. */
export class ClusterError extends Error {
  readonly output: string;
  constructor(message: string, output: string) {
    super(`${message}\n${output}`);
    this.name = 'ClusterError';
    this.output = output;
  }
}

/** Options for child_process.spawn. */
export const detachedAs = ({ user }: ClusterPlace) => ({
  ...(user && { uid: user.uid, gid: user.gid }),
  cwd: '/',
  // PG* variables or a locale of the caller must not change the database.
  env: {
    LC_ALL: 'C',
    ...(process.platform === 'win32' && { SystemRoot: 'C:\\Windows' }),
  },
  detached: true,
});
