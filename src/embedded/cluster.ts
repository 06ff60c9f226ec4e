/**
 * Starts and stops one PostgreSQL server. Takes a cluster's place and a port, returns a server that
 * accepts connections on 127.0.0.1. Knows nothing of roles or tables. PostgreSQL never stops before
 * stop() is called: it must outlive the running requests.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClusterError, type ClusterPlace, detachedAs } from './place.ts';

export interface RunningCluster {
  readonly port: number;
  readonly pid: number;
  /** Resolves when the server process has ended, by stop() or by itself. */
  readonly ended: Promise<void>;
  /** Fast shutdown: open transactions are rolled back, then a checkpoint is written. */
  stop(): Promise<void>;
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
      ...detachedAs(place),
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
  // PostgreSQL must not keep Node alive.
  child.unref();
  return { port, pid, ended, stop: () => stopProcess(child, ended) };
}

/** Line 8 of postmaster.pid is the server's state. pg_ctl waits for it in the same way. */
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
  // Two minutes, because recovery after a crash takes time.
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

const tail = (place: ClusterPlace) =>
  readFileSync(place.logFile, 'utf8').trim().split('\n').slice(-12).join('\n');
