/**
 * One PostgreSQL cluster on this machine: initialise it, start it, stop it. It receives a directory, a
 * port and a password, and hands on a running server on 127.0.0.1. It knows nothing of Rowguard's roles
 * or tables, and must never run PostgreSQL as root or in our own process group: Ctrl-C reaches the whole
 * group, and the database has to outlive the requests in flight.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
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

export interface RunningCluster {
  readonly port: number;
  readonly pid: number;
  /** Resolves when the server has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** A fast shutdown: rolls open transactions back, writes everything down, ends within seconds. */
  stop(): Promise<void>;
}

/** The same order of letters on every machine, whatever its locales are. */
const LOCALE = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];

/**
 * `initdb` in a directory beside the final one, then a rename: a kill in between leaves no half cluster. A new
 * directory each time: the initdb of a start that was killed goes on for a second or two, and empties its own
 * when it fails.
 */
export async function initCluster(
  place: ClusterPlace,
  superuserPassword: string,
  locale: readonly string[] = LOCALE,
): Promise<void> {
  mkdirSync(dirname(place.directory), { recursive: true });
  const draft = mkdtempSync(`${place.directory}.new-`);
  const passwordFile = `${place.directory}.password`;
  writeFileSync(passwordFile, superuserPassword, { mode: 0o600 });
  if (place.user) {
    chownSync(draft, place.user.uid, place.user.gid);
    chownSync(passwordFile, place.user.uid, place.user.gid);
  }
  try {
    await run(place, place.binaries.initdb, [
      `--pgdata=${draft}`,
      '--username=postgres',
      '--auth=scram-sha-256',
      `--pwfile=${passwordFile}`,
      '--encoding=UTF8',
      ...locale,
      '--no-instructions',
      ...(place.disposable ? ['--no-sync'] : []),
    ]);
    renameSync(draft, place.directory);
  } finally {
    rmSync(passwordFile, { force: true });
  }
  removeDrafts(place.directory);
}

/** What killed starts have left. One that is still written to can not be removed, and may stay. */
function removeDrafts(directory: string): void {
  for (const name of readdirSync(dirname(directory))) {
    if (!name.startsWith(`${basename(directory)}.new`)) continue;
    try {
      rmSync(join(dirname(directory), name), { recursive: true, force: true });
    } catch {}
  }
}

export async function startCluster(place: ClusterPlace, port: number): Promise<RunningCluster> {
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...(place.disposable && { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  const log = openSync(place.logFile, 'w', 0o600);
  chmodSync(place.logFile, 0o600);
  const child = spawn(
    place.binaries.postgres,
    ['-D', place.directory, ...Object.entries(settings).flatMap(([k, v]) => ['-c', `${k}=${v}`])],
    {
      ...identity(place),
      cwd: '/',
      env: environment(),
      detached: true,
      stdio: ['ignore', log, log],
    },
  );
  closeSync(log);
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  await untilReady(place, child, ended);
  const pid = child.pid as number;
  // The server does not keep our process alive; our process keeps the server.
  child.unref();
  return { port, pid, ended, stop: () => stopProcess(child, ended) };
}

/** PostgreSQL writes its state into the eighth line of postmaster.pid; pg_ctl waits in the same way. */
async function untilReady(
  place: ClusterPlace,
  child: ChildProcess,
  ended: Promise<void>,
): Promise<void> {
  let failure: unknown;
  let gone = false;
  child.once('error', (error) => {
    failure = error;
  });
  ended.then(() => {
    gone = true;
  });
  const pidFile = join(place.directory, 'postmaster.pid');
  // Recovery after a crash may take a while: two minutes.
  for (const deadline = Date.now() + 120_000; Date.now() < deadline; await sleep(15)) {
    if (gone)
      throw new ClusterError('PostgreSQL did not start', failure ? String(failure) : tail(place));
    const lines = existsSync(pidFile) ? readFileSync(pidFile, 'utf8').split('\n') : [];
    if (Number(lines[0]) === child.pid && lines[7]?.trim() === 'ready') return;
  }
  await stopProcess(child, ended);
  throw new ClusterError('PostgreSQL was not ready after two minutes', tail(place));
}

async function stopProcess(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || !child.pid) return;
  child.ref();
  child.kill('SIGINT');
  const slow = setTimeout(() => child.kill('SIGQUIT'), 20_000);
  await ended;
  clearTimeout(slow);
}

async function run(place: ClusterPlace, program: string, args: string[]): Promise<void> {
  const child = spawn(program, args, {
    ...identity(place),
    cwd: '/',
    env: environment(),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const code = await new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(String(error)));
    child.once('close', (exit, signal) => resolve(exit ?? signal ?? 'unknown'));
  });
  if (code !== 0) throw new ClusterError(`initdb failed (${code})`, output.trim());
}

const identity = ({ user }: ClusterPlace) => (user ? { uid: user.uid, gid: user.gid } : {});

/** Nothing of our environment: PG* variables or a locale of the caller must not change the database. */
const environment = () => ({
  LC_ALL: 'C',
  ...(process.platform === 'win32' && { SystemRoot: 'C:\\Windows' }),
});

const tail = (place: ClusterPlace) =>
  readFileSync(place.logFile, 'utf8').trim().split('\n').slice(-12).join('\n');
