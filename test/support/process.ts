/** `npm start` as a user runs it: a process of its own, real signals, its own data directory. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';

export const ROOT = join(import.meta.dirname, '../..');

/** Where programs run unless a test says otherwise: their migrations are the ones of the test databases. */
export const shippedRoot = (): string => inject('templates').shippedRoot;

export interface Started {
  readonly child: ChildProcess;
  /** Everything printed so far, both streams. */
  output(): string;
  /** Resolves with what is printed when `pattern` appears; rejects if the process ends before. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  /** Exit code, or the name of the signal that ended it. */
  readonly exit: Promise<number | string>;
}

const running: Started[] = [];
const directories: string[] = [];

/** Removed after the test, as is every process it started. */
export function temporaryDirectory(): string {
  const directory = makeDirectory();
  directories.push(directory);
  return directory;
}

function makeDirectory(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'rowguard-start-')));
  chmodSync(directory, 0o755);
  return directory;
}

/** Called after each test (clean-up.ts). */
export async function endProcesses(): Promise<void> {
  for (const started of running.splice(0)) {
    if (started.child.exitCode === null && started.child.signalCode === null) {
      started.child.kill('SIGTERM');
      await started.exit;
    }
  }
  for (const directory of directories.splice(0))
    rmSync(directory, { recursive: true, force: true });
}

type Uid = { uid: number; gid: number };

/** Starts a program of ours; it is ended after the test if it still runs, unless it is to last. */
export function runScript(
  script: string,
  args: readonly string[],
  env: Record<string, string>,
  user?: Uid,
  root?: string,
  lasting = false,
): Started {
  const started = spawnScript(script, args, env, user, root);
  if (!lasting) running.push(started);
  return started;
}

function spawnScript(
  script: string,
  args: readonly string[],
  env: Record<string, string>,
  user?: Uid,
  root = shippedRoot(),
): Started {
  const { PATH = '', HOME = '', NODE_COMPILE_CACHE = '' } = process.env;
  const child = spawn(process.execPath, [join(root, script), ...args], {
    cwd: root,
    env: { PATH, HOME, NODE_COMPILE_CACHE, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...user,
  });
  let text = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      text += chunk;
      for (const listener of listeners) listener();
    });
  }
  const exit = new Promise<number | string>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  const started: Started = {
    child,
    exit,
    output: () => text,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const check = () => {
          const match = pattern.exec(text);
          if (!match) return;
          listeners.delete(check);
          resolve(match);
        };
        listeners.add(check);
        check();
        exit.then((code) => reject(new Error(`ended (${code}) before ${pattern}:\n${text}`)));
      }),
  };
  return started;
}

export const start = (directory: string, env: Record<string, string> = {}, user?: Uid): Started =>
  runScript('src/main.ts', [], { DATA_DIR: join(directory, 'data'), ...env }, user);

/** Runs a command to its end; what it printed, apart. */
export async function runOnce(
  script: string,
  args: readonly string[],
  env: Record<string, string>,
  root?: string,
): Promise<{ code: number | string; stdout: string; stderr: string }> {
  const { child, exit } = runScript(script, args, env, undefined, root);
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  return { code: await exit, stdout, stderr };
}

/** A server for a whole test file, on the data that `fill` puts in its directory; the file stops it in afterAll. */
export async function startDetached(
  fill: (directory: string) => Promise<unknown>,
): Promise<{ server: Started; directory: string }> {
  const directory = makeDirectory();
  await fill(directory);
  const server = spawnScript('src/main.ts', [], { DATA_DIR: join(directory, 'data') });
  return { server, directory };
}

export async function stopDetached(server: Started, directory: string): Promise<void> {
  server.child.kill('SIGTERM');
  await server.exit;
  rmSync(directory, { recursive: true, force: true });
}

/** URL and the two demo tokens of a server that is ready. */
export async function ready(started: Started) {
  const [, url = ''] = await started.until(/POST (http:\S+)\/graphql/);
  await started.until(/Ctrl-C stops/);
  const tokens = [...started.output().matchAll(/token {2}(\S+)/g)].map(([, token]) => token ?? '');
  return { url, tokens };
}

/** One GraphQL request; the answer's body. */
export async function query(url: string, token: string | undefined, text: string) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query: text }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers as a client without types would
  return (await response.json()) as any;
}

/** The caller's newest tasks. */
export const LIST = '{ tasks { nodes { id title } } }';

/** The process id of the PostgreSQL of a data directory. */
export const postmaster = (directory: string): number =>
  Number(readFileSync(join(directory, 'data/postgres/postmaster.pid'), 'utf8').split('\n')[0]);

export const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
