/** The server under test: `npm start` on a data directory of its own, which may be killed at any time. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { loadSecrets, loadState } from '../../src/embedded/files.ts';
import { embeddedUrls } from '../../src/embedded/urls.ts';
import { signToken } from '../../src/identity/issuer.ts';
import { freePort } from '../support/free-port.ts';

const ROOT = join(import.meta.dirname, '../..');
const PARTY = { issuer: 'https://soak.test', audience: 'rowguard-soak' };

export class Target {
  readonly #directory = realpathSync(mkdtempSync(join(tmpdir(), 'rowguard-soak-')));
  readonly #secret = randomBytes(32).toString('base64url');
  readonly #metricsToken = randomBytes(32).toString('base64url');
  readonly #env: Record<string, string>;
  #port = 0;
  #child: ChildProcess | undefined;
  #exit: Promise<unknown> = Promise.resolve();

  /** `env`: settings that differ from the ones below. */
  constructor(env: Record<string, string> = {}) {
    this.#env = env;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  token(userId: number, seconds: number): Promise<string> {
    const secret = new TextEncoder().encode(this.#secret);
    const issuer = { ...PARTY, secret, userIdClaim: 'user_id' };
    return signToken(issuer, { userId, email: `soak${userId}@example.com` }, seconds);
  }

  async start(): Promise<void> {
    chmodSync(this.#directory, 0o755);
    this.#port ||= await freePort();
    const { PATH = '', HOME = '' } = process.env;
    const child = spawn(process.execPath, [join(ROOT, 'src/main.ts')], {
      cwd: ROOT,
      env: {
        PATH,
        HOME,
        PORT: String(this.#port),
        DATA_DIR: this.#data,
        JWT_SECRET: this.#secret,
        JWT_ISSUER: PARTY.issuer,
        JWT_AUDIENCE: PARTY.audience,
        RATE_LIMIT_PER_MINUTE: '0',
        LOG_LEVEL: 'error',
        METRICS_TOKEN: this.#metricsToken,
        ...this.#env,
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    this.#child = child;
    this.#exit = new Promise((resolve) => child.once('exit', resolve));
    while (!(await this.ready())) {
      if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
      await sleep(200);
    }
  }

  /** How the server's own process ended, or null as long as it runs. */
  get ended(): number | NodeJS.Signals | null {
    return this.#child?.exitCode ?? this.#child?.signalCode ?? null;
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.#child?.kill(signal);
    await this.#exit;
  }

  async ready(): Promise<boolean> {
    const answer = await fetch(`${this.url}/readyz`).catch(() => undefined);
    await answer?.body?.cancel();
    return answer?.status === 200;
  }

  /** kill -9 of the whole database. */
  killDatabase(): void {
    const file = join(this.#data, 'postgres/postmaster.pid');
    process.kill(Number(readFileSync(file, 'utf8').split('\n')[0]), 'SIGKILL');
  }

  /** kill -9 of one of the server's backends, which makes PostgreSQL end all the others and recover. */
  async killBackend(): Promise<void> {
    const [pid] = await this.backends();
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  }

  async backends(): Promise<number[]> {
    return this.asRoot(async (root) => {
      const { rows } = await root.query<{ pid: number }>(
        "select pid from pg_stat_activity where application_name = 'rowguard'",
      );
      return rows.map(({ pid }) => pid);
    });
  }

  /** Of the embedded database, for a second server. */
  get authenticatorUrl(): string {
    const port = loadState(this.#data).postgresPort ?? 0;
    return embeddedUrls(loadSecrets(this.#data, true), port).authenticator;
  }

  async asRoot<T>(work: (root: Client) => Promise<T>): Promise<T> {
    const port = loadState(this.#data).postgresPort ?? 0;
    const url = new URL(embeddedUrls(loadSecrets(this.#data, true), port).root);
    url.pathname = '/todo';
    const root = new Client({ connectionString: url.href });
    root.on('error', () => {});
    try {
      await root.connect();
      return await work(root);
    } finally {
      await root.end().catch(() => {});
    }
  }

  /** Bytes of JavaScript objects now, dead ones included, and of the whole process. */
  async memory(): Promise<{ heap: number; resident: number } | undefined> {
    const headers = { authorization: `Bearer ${this.#metricsToken}` };
    const answer = await fetch(`${this.url}/metrics`, { headers }).catch(() => undefined);
    const text = (await answer?.text().catch(() => undefined)) ?? '';
    const bytes = (name: string) => Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1]);
    const heap = bytes('nodejs_heap_size_used_bytes');
    return heap > 0 ? { heap, resident: bytes('process_resident_memory_bytes') } : undefined;
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  get #data(): string {
    return join(this.#directory, 'data');
  }
}
