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
import { useFaultProxy } from '../support/fault-proxy.ts';
import { shippedRoot } from '../support/process.ts';

const shipped = () => readCommitted(join(shippedRoot(), 'migrations'));

const database = useTestDatabase();
const empty = useTestDatabase();
/** In front of the database, for one that does not answer. */
const proxy = useFaultProxy(database.urls.authenticator);

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

/**
 * A probe does not wait for a new verdict for longer than a second, which a busy machine may need. So these
 * ask until the answer is the one expected.
 */
const becomes = (ask: () => Promise<unknown>, answer: unknown) =>
  expect.poll(() => ask(), { timeout: 60_000 }).toEqual(answer);

const READY = { status: 200, retryAfter: null, cache: 'no-store', body: { status: 'ready' } };

const unavailable = (reason: string) => ({
  status: 503,
  retryAfter: '5',
  cache: 'no-store',
  body: { status: 'unavailable', reasons: [reason] },
});

test('a finding makes it unavailable, and fixing it makes it ready again', async () => {
  const ask = await serve(database.urls.authenticator, 0);
  await becomes(ask, READY);
  await database.owner.query(UNPROTECTED);
  await becomes(ask, unavailable('doctor: RLS_OFF'));
  await mend(database.owner);
  // The table is in no migration.
  const body = { ...READY.body, findings: ['schema changed by hand'] };
  await becomes(ask, { ...READY, body });
  await database.owner.query('drop table public.secret');
  await becomes(ask, READY);
});

test('only the operator learns what the doctor found', async () => {
  const ask = await serve(database.urls.authenticator, 60_000);
  await database.owner.query(UNPROTECTED);
  await becomes(ask, unavailable('doctor: RLS_OFF'));
  for (const token of ['', 'wrong']) {
    expect(await ask(token)).toEqual(unavailable('database not as expected'));
  }
  await database.owner.query('drop table public.secret');
});

test('the verdict is kept, so that probes cost no examination each', async () => {
  const ask = await serve(database.urls.authenticator, 60_000);
  await becomes(ask, READY);
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
  const ask = await serve(empty.urls.authenticator, 0);
  expect(await ask()).toEqual(unavailable('schema missing'));
});

test('a locked table delays no probe, and takes one connection however many ask', async () => {
  const ask = await serve(database.urls.authenticator, 0);
  await becomes(ask, READY);
  for (const table of ['public.task', 'public."user"', 'pg_catalog.pg_policy']) {
    await database.privileged.query(`begin; lock table ${table} in access exclusive mode`);
    try {
      const answers = await Promise.all([ask(), ask(), ask(), ask()]);
      for (const answer of answers) expect([table, answer]).toEqual([table, READY]);
      const { rows } = await database.privileged.query(
        `select count(*)::integer as n from pg_stat_activity
         where datname = current_database() and application_name = 'rowguard' and state = 'active'`,
      );
      expect(rows[0]?.n).toBeLessThanOrEqual(1);
    } finally {
      await database.privileged.query('rollback');
    }
  }
});

test('a server that starts while a table is locked is ready, and says that the doctor is late', async () => {
  await database.privileged.query(
    'begin; lock table pg_catalog.pg_policy in access exclusive mode',
  );
  const ask = await serve(database.urls.authenticator, 0);
  try {
    const body = { ...READY.body, findings: ['doctor: no answer yet'] };
    expect(await ask()).toEqual({ ...READY, body });
    expect(await ask('')).toEqual(READY);
  } finally {
    await database.privileged.query('rollback');
  }
  await becomes(ask, READY);
});

test('a database that does not answer is a reason', async () => {
  const ask = await serve(proxy.url(database.urls.authenticator), 0);
  await becomes(ask, READY);
  proxy.fault = 'freeze';
  try {
    expect(await ask()).toEqual(unavailable('database silent'));
    expect(await ask('')).toEqual(unavailable('database unreachable'));
  } finally {
    proxy.fault = 'pass';
    proxy.cut();
  }
  await becomes(ask, READY);
});

test('a pool without a free connection is a reason of its own', async () => {
  const ask = await serve(database.urls.authenticator, 0);
  await becomes(ask, READY);
  const pool = opened.at(-1)?.pool as Pool;
  const held = [await pool.connect(), await pool.connect()];
  try {
    expect(await ask()).toEqual(unavailable('no free connection'));
  } finally {
    for (const client of held) client.release();
  }
  await becomes(ask, READY);
});

test.each([
  ['a wrong password', { password: 'wrong' }, 'database refuses the login of the server'],
  ['another name', { pathname: '/nowhere' }, 'database missing'],
])('%s is a reason of its own', async (_, change, reason) => {
  const ask = await serve(Object.assign(new URL(database.urls.authenticator), change).href, 0);
  expect(await ask()).toEqual(unavailable(reason));
  expect(await ask('')).toEqual(unavailable('database unreachable'));
});

test('a read only database is ready for queries, and named to the operator', async () => {
  const name = new URL(database.urls.owner).pathname.slice(1);
  await database.privileged.query(`alter database ${name} set default_transaction_read_only = on`);
  try {
    const ask = await serve(database.urls.authenticator, 60_000);
    const body = { ...READY.body, findings: ['database is read only'] };
    await becomes(ask, { ...READY, body });
    expect(await ask('')).toEqual(READY);
  } finally {
    await database.privileged.query(`alter database ${name} reset default_transaction_read_only`);
  }
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
  const behind = await serve(database.urls.authenticator, 0, [...files, next]);
  await becomes(behind, unavailable('schema behind: 000099-next.sql'));

  const other = files.map((file, i) => (i === 0 ? { ...file, hash: 'sha1:0' } : file));
  const edited = await serve(database.urls.authenticator, 0, other);
  await becomes(edited, unavailable(`schema edited: ${files[0]?.file}`));

  const ahead = await serve(database.urls.authenticator, 0, files.slice(0, -1));
  const body = { ...READY.body, findings: [`schema ahead: ${files.at(-1)?.filename}`] };
  await becomes(ahead, { ...READY, body });
});
