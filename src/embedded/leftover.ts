/**
 * A Rowguard killed with kill -9 leaves its PostgreSQL running. Takes the cluster's place, finds that
 * PostgreSQL by postmaster.pid and stops it with a fast shutdown. Never signals a process before the
 * process has proved, by its data directory, that it is ours.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withClient } from '../database/connect.ts';
import type { ClusterPlace } from './place.ts';
import { isAlive } from './process-alive.ts';

export async function stopLeftover(
  place: ClusterPlace,
  superuserPassword: string,
  say: (line: string) => void,
): Promise<void> {
  const pidFile = join(place.directory, 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const [pidLine, , , portLine] = readFileSync(pidFile, 'utf8').split('\n');
  const pid = Number(pidLine);
  if (!pid || !isAlive(pid)) return; // PostgreSQL removes a stale file itself.
  if (isOtherProgram(pid)) {
    // Another process has this id now (after a reboot, in a restarted container). PostgreSQL would
    // mistake it for a running server and refuse to start.
    rmSync(pidFile);
    return;
  }
  if (!(await isOurs(place, Number(portLine), superuserPassword))) return; // The start reports it.
  say('Stopping the PostgreSQL that an earlier, killed run left behind …');
  process.kill(pid, 'SIGINT');
  for (const deadline = Date.now() + 20_000; isAlive(pid) && Date.now() < deadline; )
    await sleep(25);
}

async function isOurs(place: ClusterPlace, port: number, password: string): Promise<boolean> {
  const superuser = {
    host: '127.0.0.1',
    port,
    user: 'postgres',
    password,
    database: 'postgres',
    connectionTimeoutMillis: 2000,
  };
  // Ten seconds of retries: the server may be starting or recovering.
  for (let attempt = 0; attempt < 40; attempt++) {
    try {
      const { rows } = await withClient(superuser, (client) => client.query('show data_directory'));
      return rows[0]?.data_directory === place.directory;
    } catch (error) {
      if ((error as { code?: string }).code !== '57P03') return false; // Not "starting up".
      await sleep(250);
    }
  }
  return false;
}

/** Needs /proc; returns false on systems without it. */
function isOtherProgram(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() !== 'postgres';
  } catch {
    return false;
  }
}
