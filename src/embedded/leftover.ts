/**
 * A server that was killed (kill -9) leaves its PostgreSQL running. The next start finds it by
 * postmaster.pid, makes sure that it is ours, and stops it in the orderly way. It never signals a
 * process that it has not recognised.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withClient } from '../database/connect.ts';
import type { ClusterPlace } from './place.ts';

export async function stopLeftover(
  place: ClusterPlace,
  superuserPassword: string,
  say: (line: string) => void,
): Promise<void> {
  const pidFile = join(place.directory, 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const [pidLine, , , portLine] = readFileSync(pidFile, 'utf8').split('\n');
  const pid = Number(pidLine);
  if (!pid || !isAlive(pid)) return; // PostgreSQL clears such a file away by itself.
  if (isOtherProgram(pid)) {
    // The id was given to another process since (a reboot, a restarted container). PostgreSQL would
    // take that process for a running server and refuse to start.
    rmSync(pidFile);
    return;
  }
  if (!(await isOurs(place, Number(portLine), superuserPassword))) return; // The start will explain.
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
  // It may be starting or recovering: ask again for a while.
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

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Only where /proc can tell; elsewhere false. */
function isOtherProgram(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() !== 'postgres';
  } catch {
    return false;
  }
}
