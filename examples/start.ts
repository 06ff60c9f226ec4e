/**
 * `npm run example`: starts API, sign-in server and page, and prints one address. Installs the packages of
 * the examples when they are missing or out of date. A stop signal ends all three. Each listens on the
 * loopback only, on its usual port or, where that is taken, on a free one.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describeError, OperatorError } from '../src/errors.ts';
import { onStopSignal } from '../src/signals.ts';

const HELP = `Usage: npm run example

Starts a to-do list in the browser: the page of examples/web, the sign-in server of
examples/better-auth and the API. Ctrl-C stops all three. The first start installs the packages
of the two examples.

Settings: those of npm start (docs/settings.md); AUTH_PORT and the others of
examples/better-auth/README.md; WEB_PORT.`;

const ROOT = join(import.meta.dirname, '..');
const VITE = 'examples/web/node_modules/vite/bin/vite.js';

interface Part {
  readonly name: string;
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
}

const parts: Part[] = [];

/** In reverse order: the page first, the database last. */
async function stop(): Promise<void> {
  for (let part = parts.pop(); part; part = parts.pop()) {
    part.child.kill('SIGTERM');
    await part.ended;
  }
}

/** npm notes what it installed in node_modules/.package-lock.json. */
function isInstalled(directory: string): boolean {
  const [wanted, installed] = ['', 'node_modules/.'].map((place) => {
    const file = join(ROOT, directory, `${place}package-lock.json`);
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Lock).packages : undefined;
  });
  if (!wanted || !installed) return false;
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === '' || optional || installed[path]?.version === version,
  );
}

interface Lock {
  readonly packages: Record<string, { version?: string; optional?: boolean }>;
}

function install(directory: string): void {
  if (isInstalled(directory)) return;
  console.log(`Installing the packages of ${directory} …`);
  const args = ['ci', '--prefix', directory, '--no-audit', '--no-fund'];
  const shell = process.platform === 'win32';
  const { status } = spawnSync('npm', args, { cwd: ROOT, stdio: 'inherit', shell });
  if (status !== 0) {
    throw new OperatorError('npm could not install them.', `run npm ${args.join(' ')}`);
  }
}

/** Resolves once the program prints `ready`. Rejects with all it printed if it ends before. */
function run(name: string, args: string[], env: Record<string, string>, ready: RegExp) {
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Its own process group: Ctrl-C reaches this process alone, which stops the parts in order.
    detached: process.platform !== 'win32',
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const part = { name, child, ended };
  parts.push(part);
  return new Promise<void>((resolve, reject) => {
    let output = '';
    let running = false;
    const read = (chunk: string): void => {
      if (running) return void process.stdout.write(chunk);
      output += chunk;
      if (!ready.test(output)) return;
      running = true;
      resolve();
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', read);
    ended.then(() => {
      if (!parts.includes(part)) return;
      if (!running) {
        console.error(output.trim());
        return reject(new OperatorError(`${name} did not start.`, 'see its message above.'));
      }
      console.error(`rowguard: ${name} ended.`);
      void stop().then(() => process.exit(1));
    });
  });
}

/** The usual port if nobody listens on it, else any free one. */
async function choosePort(usual: number): Promise<number> {
  const listen = (port: number) =>
    new Promise<number>((resolve, reject) => {
      const server = createServer().once('error', reject);
      server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
        const address = server.address();
        server.close(() => resolve(typeof address === 'object' && address ? address.port : port));
      });
    });
  return listen(usual).catch(() => listen(0));
}

async function start(stopping: () => boolean): Promise<void> {
  for (const directory of ['examples/better-auth', 'examples/web']) install(directory);
  const PORT = process.env.PORT || String(await choosePort(5678));
  const AUTH_PORT = process.env.AUTH_PORT || String(await choosePort(3000));
  const WEB_PORT = process.env.WEB_PORT || String(await choosePort(5173));
  const auth = `http://127.0.0.1:${AUTH_PORT}`;
  const tokens = { JWKS_URL: `${auth}/api/auth/jwks`, JWT_ISSUER: auth, JWT_AUDIENCE: auth };

  console.log('Starting the API, the sign-in server and the page …');
  await run('The API', ['src/main.ts'], { PORT, ...tokens }, /is ready: POST/);
  if (stopping()) return;
  const signIn = ['examples/better-auth/server.ts'];
  await run('The sign-in server', signIn, { AUTH_PORT }, /is ready at/);
  if (stopping()) return;
  const page = { WEB_PORT, AUTH_URL: auth, API_URL: `http://127.0.0.1:${PORT}` };
  await run('The page', [join(ROOT, VITE), 'examples/web'], page, /Local:/);
  if (!stopping()) console.log(`\n  Open http://127.0.0.1:${WEB_PORT}/\n\nCtrl-C stops it.`);
}

if (process.argv.includes('--help') || process.argv.includes('-h')) {
  console.log(HELP);
} else {
  const stopping = onStopSignal(stop, (line) => console.log(line));
  try {
    await start(stopping);
    if (stopping()) await stop();
  } catch (error) {
    if (!stopping()) console.error(`rowguard: ${describeError(error)}`);
    await stop();
    process.exitCode = 1;
  }
}
