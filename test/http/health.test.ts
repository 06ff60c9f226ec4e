/** GET /readyz against databases that are there, gone, and not ours. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express from 'express';
import type { Pool } from 'pg';
import { afterEach, expect, test } from 'vitest';
import { createPool } from '../../src/database/pool.ts';
import { readiness } from '../../src/http/health.ts';
import { readCommitted } from '../../src/migrate/committed.ts';
import { useTestDatabase } from '../support/database.ts';
import { mend, UNPROTECTED } from '../support/doctor.ts';
import { shippedRoot } from '../support/process.ts';

const shipped = () => readCommitted(join(shippedRoot(), 'migrations'));

const database = useTestDatabase();
const empty = useTestDatabase();

/** METRICS_TOKEN of every server here. */
const TOKEN = 'operator';

const opened: { server: Server; pool: Pool }[] = [];

afterEach(async () => {
  for (const { server, pool } of opened.splice(0)) {
    await new Promise((resolve) => server.close(resolve));
    await pool.end();
  }
});

/** /readyz over a database; a verdict of the doctor is kept for `keepMs`. */
async function serve(connectionString: string, keepMs: number, committed = shipped()) {
  const pool = createPool({ connectionString, size: 2, waitMs: 500, log: () => {} });
  const app = express();
  app.get(
    '/readyz',
    readiness({
      pool,
      production: true,
      token: TOKEN,
      committed: () => committed,
      log: () => {},
      keepMs,
    }),
  );
  const server = await new Promise<Server>((resolve) => {
    const listening = app.listen(0, '127.0.0.1', () => resolve(listening));
  });
  opened.push({ server, pool });
  const { port } = server.address() as AddressInfo;
  return async (token = TOKEN) => {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`, {
      headers: { connection: 'close', ...(token && { authorization: `Bearer ${token}` }) },
    });
    return {
      status: response.status,
      retryAfter: response.headers.get('retry-after'),
      cache: response.headers.get('cache-control'),
      // biome-ignore lint/suspicious/noExplicitAny: tests read answers as a client without types would
      body: (await response.json()) as any,
    };
  };
}

/** A probe is given up after two seconds, which a busy machine may take: asks again then. */
const patient = (ask: Awaited<ReturnType<typeof serve>>) => async () => {
  for (let i = 0; ; i++) {
    const answer = await ask();
    if (i === 10 || answer.body.reasons?.[0] !== 'database unreachable') return answer;
  }
};

const READY = { status: 200, retryAfter: null, cache: 'no-store', body: { status: 'ready' } };

const unavailable = (reason: string) => ({
  status: 503,
  retryAfter: '5',
  cache: 'no-store',
  body: { status: 'unavailable', reasons: [reason] },
});

test('a finding makes it unavailable, and fixing it makes it ready again', async () => {
  const ask = patient(await serve(database.urls.authenticator, 0));
  expect(await ask()).toEqual(READY);
  await database.owner.query(UNPROTECTED);
  expect(await ask()).toEqual(unavailable('doctor: RLS_OFF'));
  await mend(database.owner);
  // The table is in no migration.
  const body = { ...READY.body, findings: ['schema changed by hand'] };
  expect(await ask()).toEqual({ ...READY, body });
  await database.owner.query('drop table public.secret');
  expect(await ask()).toEqual(READY);
});

test('only the operator learns what the doctor found', async () => {
  const ask = await serve(database.urls.authenticator, 60_000);
  await database.owner.query(UNPROTECTED);
  expect(await patient(ask)()).toEqual(unavailable('doctor: RLS_OFF'));
  for (const token of ['', 'wrong']) {
    expect(await ask(token)).toEqual(unavailable('database not as expected'));
  }
  await database.owner.query('drop table public.secret');
});

test('the verdict is kept, so that probes cost no examination each', async () => {
  const ask = patient(await serve(database.urls.authenticator, 60_000));
  expect(await ask()).toEqual(READY);
  await database.owner.query(UNPROTECTED);
  expect(await ask()).toEqual(READY);
  await database.owner.query('drop table public.secret');
});

test('a database that is not there is a reason', async () => {
  const nowhere = new URL(database.urls.authenticator);
  nowhere.port = '1';
  const ask = await serve(nowhere.href, 0);
  expect(await ask()).toEqual(unavailable('database unreachable'));
});

test('a database without the schema is a reason', async () => {
  await empty.owner.query('drop schema app_private cascade');
  const ask = patient(await serve(empty.urls.authenticator, 0));
  expect(await ask()).toEqual(unavailable('schema missing'));
});

test('a database that hangs is a reason, and takes one connection however many ask', async () => {
  const ask = await serve(database.urls.authenticator, 0);
  expect(await patient(ask)()).toEqual(READY);
  await database.privileged.query(
    'begin; lock table pg_catalog.pg_policy in access exclusive mode',
  );
  try {
    const answers = await Promise.all([ask(), ask(), ask(), ask()]);
    for (const answer of answers) expect(answer).toEqual(unavailable('database unreachable'));
    const { rows } = await database.privileged.query(
      `select count(*)::integer as n from pg_stat_activity
       where datname = current_database() and application_name = 'rowguard' and state = 'active'`,
    );
    expect(rows[0]?.n).toBe(1);
  } finally {
    await database.privileged.query('rollback');
  }
  expect(await patient(ask)()).toEqual(READY);
});

test('a database behind the code, or with other migrations, is not ready; one that is ahead says so and is', async () => {
  const files = shipped();
  const next = {
    file: '000099-next.sql',
    filename: '000099.sql',
    number: 99,
    previous: 'sha1:1',
    hash: 'sha1:0',
    edited: false,
  };
  const behind = patient(await serve(database.urls.authenticator, 0, [...files, next]));
  expect(await behind()).toEqual(unavailable('schema behind: 000099-next.sql'));

  const other = files.map((file, i) => (i === 0 ? { ...file, hash: 'sha1:0' } : file));
  const edited = patient(await serve(database.urls.authenticator, 0, other));
  expect(await edited()).toEqual(unavailable(`schema edited: ${files[0]?.file}`));

  const ahead = patient(await serve(database.urls.authenticator, 0, files.slice(0, -1)));
  const body = { ...READY.body, findings: [`schema ahead: ${files.at(-1)?.filename}`] };
  expect(await ahead()).toEqual({ ...READY, body });
});
