/**
 * Starts a measured server as a process of its own. A peer reads its settings as one line of JSON from
 * stdin, prints `listening <port>` (or is polled at a known port) and exits when stdin ends, so that no
 * process outlives the benchmark.
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
  /** Known port of a server that does not print it. */
  readonly port?: number;
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
  const port = await untilListening(child, options.port, ended);
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

function untilListening(child: ChildProcess, known: number | undefined, ended: Promise<void>) {
  return new Promise<number>((resolve, reject) => {
    let text = '';
    const fail = (why: string) => {
      child.kill('SIGKILL');
      reject(new Error(`${why}\n${text.trim().split('\n').slice(-12).join('\n')}`));
    };
    const late = setTimeout(() => fail('The process did not listen within a minute.'), PATIENCE_MS);
    const read = (chunk: Buffer) => {
      if (text.length > 100_000) return;
      text += chunk;
      const port = /^listening (\d+)$/m.exec(text)?.[1];
      if (port) listens(Number(port));
    };
    const listens = (port: number) => {
      clearTimeout(late);
      clearInterval(polling);
      resolve(port);
    };
    const polling = setInterval(async () => {
      if (known && (await answers(known))) listens(known);
    }, 25);
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('error', (error) => fail(error.message));
    ended.then(() => {
      clearTimeout(late);
      clearInterval(polling);
      fail('The process ended.');
    });
  });
}

const answers = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/livez`).then(
    ({ ok }) => ok,
    () => false,
  );
