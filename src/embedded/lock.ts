/**
 * The lock of a data directory: one Rowguard per directory. The holder listens on a loopback port and
 * writes port and nonce to `running.json`. Another process connects to the port and compares the nonce.
 * No answer means a stale file. The process id alone proves nothing: a restarted container reuses it.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { isAlive } from './process-alive.ts';

/** What other commands learn about the holder. */
export interface RunningInfo {
  readonly pid: number;
  /** Set once the database accepts connections. */
  readonly postgresPort?: number;
}

interface LockFile extends RunningInfo {
  readonly lockPort: number;
  readonly nonce: string;
}

export interface Lock {
  update(info: Omit<RunningInfo, 'pid'>): void;
  release(): void;
}

/** Takes the lock, or returns what the living holder wrote. */
export async function takeLock(directory: string): Promise<Lock | RunningInfo> {
  const file = join(directory, 'running.json');
  const nonce = randomBytes(16).toString('hex');
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.end(nonce);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0, exclusive: true }, resolve);
  });
  server.unref();
  const mine: LockFile = { pid: process.pid, lockPort: portOf(server), nonce };

  for (;;) {
    try {
      // 'wx' fails if the file exists, so only one of two simultaneous starts wins.
      writeFileSync(file, JSON.stringify(mine), { flag: 'wx', mode: 0o600 });
      return {
        update: (info) =>
          writeFileSync(file, JSON.stringify({ ...mine, ...info }), { mode: 0o600 }),
        release: () => {
          rmSync(file, { force: true });
          server.close();
        },
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = await livingHolder(file);
    if (holder) {
      server.close();
      return holder;
    }
    rmSync(file, { force: true });
  }
}

export const isLock = (held: Lock | RunningInfo): held is Lock => 'release' in held;

/** Returns the living holder of the lock, or undefined. Does not take the lock. */
export async function livingHolder(file: string): Promise<RunningInfo | undefined> {
  let found: LockFile;
  try {
    found = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // Missing, or cut short by a kill.
  }
  const answer = await ask(found.lockPort);
  if (answer === found.nonce) return found;
  // After a kill another program may have the port and stay silent. Then the holder's process is gone.
  return answer === 'busy' && isAlive(found.pid) ? found : undefined;
}

/** A holder that accepts but does not answer within two seconds counts as alive: two must never run. */
function ask(port: number): Promise<string | 'busy'> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: 2000 });
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('timeout', () => {
      text = 'busy';
      socket.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
  });
}

const portOf = (server: Server): number => {
  const address = server.address();
  return address && typeof address === 'object' ? address.port : 0;
};
