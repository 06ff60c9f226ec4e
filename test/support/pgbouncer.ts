/** A real PgBouncer in transaction mode in front of a test database, where one is installed. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { freePort } from './free-port.ts';

/** Debian keeps it where ordinary users do not look. */
const PROGRAM = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']
  .map((directory) => join(directory, 'pgbouncer'))
  .find((path) => existsSync(path));

export const pgbouncerInstalled = PROGRAM !== undefined;

export interface PgBouncer {
  /** Replaces the database's own URL; it is there once the tests run. */
  readonly url: string;
  /** How many connections it has to the database. */
  serverConnections(): Promise<number>;
}

/** Call at the top of a describe, before what connects through it. */
export function usePgBouncer(databaseUrl: string, connections: number): PgBouncer {
  const database = new URL(databaseUrl);
  const directory = mkdtempSync(join(tmpdir(), 'rowguard-pgbouncer-'));
  let url = '';
  let stop = async () => {};
  beforeAll(async () => {
    const port = await freePort();
    const settings = join(directory, 'pgbouncer.ini');
    writeFileSync(
      settings,
      `[databases]
todo = host=${database.hostname} port=${database.port} dbname=${database.pathname.slice(1)} user=${database.username} password=${decodeURIComponent(database.password)}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
admin_users = admin
pool_mode = transaction
default_pool_size = ${connections}
`,
    );
    chmodSync(directory, 0o755);
    // It refuses to be root.
    const nobody = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {};
    const program = spawn(PROGRAM ?? '', ['-q', settings], { stdio: 'ignore', ...nobody });
    const exited = once(program, 'exit');
    stop = async () => {
      // Newer ones wait for their clients when asked politely.
      program.kill('SIGKILL');
      await exited;
    };
    url = `postgresql://anybody@127.0.0.1:${port}/todo`;
    await answering(url);
  });
  afterAll(async () => {
    await stop();
    rmSync(directory, { recursive: true, force: true });
  });
  return {
    get url() {
      return url;
    },
    async serverConnections() {
      const console = new URL(url);
      console.username = 'admin';
      console.pathname = '/pgbouncer';
      const client = new Client({ connectionString: console.href });
      await client.connect();
      const { rows } = await client.query('show servers');
      await client.end();
      return rows.length;
    },
  };
}

const idOf = (flag: '-u' | '-g'): number =>
  Number(spawnSync('id', [flag, 'nobody'], { encoding: 'utf8' }).stdout);

async function answering(connectionString: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const client = new Client({ connectionString });
    client.on('error', () => {});
    try {
      await client.connect();
      return await client.end();
    } catch (error) {
      if (attempt === 100) throw error;
      await sleep(50);
    }
  }
}
