/**
 * Where a cluster is and whom its programs run as; what spawning one of them needs. Never root, never in our own
 * process group (Ctrl-C reaches the whole group), and with nothing of our environment.
 */
import type { Binaries } from './binaries.ts';
import type { SystemUser } from './system-user.ts';

export interface ClusterPlace {
  readonly binaries: Binaries;
  /** PGDATA. */
  readonly directory: string;
  /** Where the server's own log goes. */
  readonly logFile: string;
  /** Whom to run it as; undefined for ourselves. */
  readonly user: SystemUser | undefined;
  /** Throw-away clusters do without fsync. Never for data somebody wants to keep. */
  readonly disposable?: boolean;
}

/** What PostgreSQL said when it would not start; the caller turns it into a sentence. */
export class ClusterError extends Error {
  readonly output: string;
  constructor(message: string, output: string) {
    super(`${message}\n${output}`);
    this.name = 'ClusterError';
    this.output = output;
  }
}

/** For `spawn`. */
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
