/**
 * A process of its own for everything that is measured. A peer receives its settings as one line of JSON
 * on its standard input, says `listening <port>`, and ends when that input ends: so nothing is left
 * behind, however the benchmark itself ends.
 */
import { type ChildProcess, spawn } from 'node:child_process';

export interface Child {
  readonly pid: number;
  readonly port: number;
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Sent on the standard input. */
  readonly settings?: object;
  /** What is printed when it listens; its first group is the port. */
  readonly listening?: RegExp;
}

const PATIENCE_MS = 60_000;

export async function startChild(options: ChildOptions): Promise<Child> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(options.command, options.args, {
    env: { PATH, HOME, NODE_ENV: 'production', GRAPHILE_ENV: 'production', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => {});
  if (options.settings) child.stdin.write(`${JSON.stringify(options.settings)}\n`);
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
  const port = await untilListening(child, options.listening ?? /^listening (\d+)$/m, ended);
  return {
    pid: child.pid ?? 0,
    port,
    process: child,
    async stop() {
      child.stdin.end();
      child.kill('SIGTERM');
      const slow = setTimeout(() => child.kill('SIGKILL'), 5000);
      await ended;
      clearTimeout(slow);
    },
  };
}

function untilListening(child: ChildProcess, pattern: RegExp, ended: Promise<void>) {
  return new Promise<number>((resolve, reject) => {
    let text = '';
    const fail = (why: string) => {
      child.kill('SIGKILL');
      reject(new Error(`${why}\n${text.trim().split('\n').slice(-12).join('\n')}`));
    };
    const late = setTimeout(() => fail('it did not listen within a minute'), PATIENCE_MS);
    const read = (chunk: Buffer) => {
      if (text.length > 100_000) return;
      text += chunk;
      const port = pattern.exec(text)?.[1];
      if (!port) return;
      clearTimeout(late);
      resolve(Number(port));
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('error', (error) => fail(error.message));
    ended.then(() => {
      clearTimeout(late);
      fail('it ended');
    });
  });
}
