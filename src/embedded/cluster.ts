/**
 * One PostgreSQL on this machine: start it, stop it. It receives a cluster's place and a port, and hands on a running
 * server on 127.0.0.1. It knows nothing of Rowguard's roles or tables; the database has to outlive the requests
 * in flight, so it stops only when it is told to.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClusterError, type ClusterPlace, detachedAs } from './place.ts';

export interface RunningCluster {
  readonly port: number;
  readonly pid: number;
  /** Resolves when the server has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** A fast shutdown: rolls open transactions back, writes everything down, ends within seconds. */
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

const tail = (place: ClusterPlace) =>
  readFileSync(place.logFile, 'utf8').trim().split('\n').slice(-12).join('\n');
