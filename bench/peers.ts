/**
 * The compared servers and how to start each. Every peer is a process in production mode, without a log,
 * with the same number of connections to the same database.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { freePort } from '../src/embedded/port.ts';
import { type Dialect, handWritten, ours, oursByRest, rest, stock } from './dialects.ts';
import { generateClient } from './peers/prisma/generate.ts';
import { type Child, startChild } from './support/child.ts';
import type { Stage } from './support/stage.ts';
import { CONNECTIONS } from './workloads.ts';

export interface Peer {
  readonly name: string;
  readonly title: string;
  /** What keeps people's rows apart: RLS, or a where clause in the peer's code. */
  readonly keptApartBy: 'RLS' | 'where';
  readonly dialect: Dialect;
  /** The reason if the peer cannot run on this machine. */
  missing?(): string | undefined;
  start(stage: Stage, databaseUrl: (url: string) => string): Promise<Child>;
}

const HERE = import.meta.dirname;
export const OURS = 'rowguard';

export const PEERS: readonly Peer[] = [
  { name: OURS, title: 'Rowguard', keptApartBy: 'RLS', dialect: ours, start: startOurs },
  {
    name: 'rowguard-rest',
    title: 'Rowguard, REST',
    keptApartBy: 'RLS',
    dialect: oursByRest,
    start: startOurs,
  },
  node('stock', 'PostGraphile 5.1.5, stock', 'RLS', stock, 'stock.ts'),
  node('yoga', 'graphql-yoga + pg', 'where', handWritten, 'yoga.ts'),
  node('apollo', 'Apollo Server + pg', 'where', handWritten, 'apollo.ts'),
  {
    ...node('prisma', 'Apollo Server + Prisma', 'where', handWritten, 'apollo.ts', 'prisma'),
    missing: generateClient,
  },
  node('mercurius', 'mercurius (JIT) + pg', 'where', handWritten, 'mercurius.ts'),
  node('rest', 'Express + pg, REST', 'where', rest, 'rest.ts'),
  {
    name: 'fastapi',
    title: 'FastAPI + SQLModel, REST',
    keptApartBy: 'where',
    dialect: rest,
    missing: () =>
      python() ? undefined : 'no python3 with fastapi, sqlmodel, uvicorn, psycopg2 and jose',
    start: (stage, through) =>
      startChild({
        command: python() ?? 'python3',
        args: [join(HERE, 'peers/fastapi_sqlmodel.py')],
        settings: peerSettings(stage, through(stage.urls.plain)),
      }),
  },
  node('floor', 'node:http on our adaptor', 'RLS', rest, 'floor.ts', 'rls'),
  node('floor-plain', 'node:http + pg', 'where', rest, 'floor.ts', 'plain'),
];

async function startOurs(stage: Stage, through: (url: string) => string): Promise<Child> {
  const port = await freePort();
  return startChild({
    command: process.execPath,
    args: [join(HERE, '../src/main.ts')],
    env: {
      AUTH_DATABASE_URL: through(stage.urls.authenticator),
      JWT_SECRET: secretText(stage),
      JWT_ISSUER: stage.issuer.issuer,
      JWT_AUDIENCE: stage.issuer.audience,
      PORT: String(port),
      POOL_SIZE: String(CONNECTIONS),
      RATE_LIMIT_PER_MINUTE: '0',
      LOG_LEVEL: 'warn',
    },
    port,
  });
}

function node(
  name: string,
  title: string,
  keptApartBy: Peer['keptApartBy'],
  dialect: Dialect,
  file: string,
  variant?: string,
): Peer {
  return {
    name,
    title,
    keptApartBy,
    dialect,
    start: (stage, through) => {
      const url = through(stage.urls[keptApartBy === 'RLS' ? 'authenticator' : 'plain']);
      return startChild({
        command: process.execPath,
        args: [join(HERE, 'peers', file)],
        settings: { ...peerSettings(stage, url), variant },
      });
    },
  };
}

const peerSettings = (stage: Stage, databaseUrl: string) => ({
  databaseUrl,
  poolSize: CONNECTIONS,
  secret: Buffer.from(secretText(stage)).toString('base64'),
  issuer: stage.issuer.issuer,
  audience: stage.issuer.audience,
});

const secretText = (stage: Stage): string => Buffer.from(stage.issuer.secret).toString('utf8');

/** Debian's packages belong to /usr/bin/python3, which may not be the first python3 in PATH. */
function python(): string | undefined {
  return ['python3', '/usr/bin/python3'].find(
    (command) =>
      spawnSync(command, ['-c', 'import fastapi, sqlmodel, uvicorn, psycopg2, jose'], {
        stdio: 'ignore',
      }).status === 0,
  );
}
