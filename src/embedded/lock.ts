/**
 * One Rowguard per data directory. The holder listens on a loopback port and writes that port, with a
 * nonce, into `running.json`; whoever finds the file asks the port for the nonce. A process that was
 * killed cannot answer, so its file is stale, whoever has its process id by now (in a container a
 * restarted server often has the same one).
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';

/** What a second command may want to know about the first. */
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

/** Takes the lock, or hands back what its living holder wrote. */
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
      // 'wx' creates or fails: of two that start together one wins.
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

/** The holder of the lock if it is alive, without taking it. */
export async function livingHolder(file: string): Promise<RunningInfo | undefined> {
  let found: LockFile;
  try {
    found = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // Not there, or cut off by a kill.
  }
  const answer = await ask(found.lockPort);
  if (answer === found.nonce) return found;
  // Silence may also be another program's, who was given the port after a kill: then its process is gone.
  return answer === 'busy' && exists(found.pid) ? found : undefined;
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A holder too busy to answer within two seconds counts as alive: better refused than run twice. */
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
