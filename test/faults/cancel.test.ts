/** A client that hangs up has its statement stopped, also where a pooler or TLS is in between. */
import { randomInt } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type TestDatabase, useTestDatabase } from '../support/database.ts';
import { titles, waiting, whileLocked } from '../support/faults.ts';
import { pgbouncerInstalled, usePgBouncer } from '../support/pgbouncer.ts';
import { UNLESS_BUSY } from '../support/retry.ts';
import { type TestServer, useTestServer } from '../support/server.ts';
import { createTask, dataOf } from '../support/tasks.ts';
import { opensslInstalled, useTlsProxy } from '../support/tls-proxy.ts';

if (!opensslInstalled) console.warn('skipped: a test with TLS needs openssl');
if (!pgbouncerInstalled) console.warn('skipped: a test with a pooler needs pgbouncer');

async function hangsUp(server: TestServer, database: TestDatabase): Promise<void> {
  const who = randomInt(100_000, 2_000_000_000);
  const { id } = await createTask(server, who, { title: 'before' });
  const query = `mutation { updateTask(input: {id: ${id}, patch: {title: "after"}}) { task { id } } }`;
  const authorization = `Bearer ${await server.token(who)}`;
  await whileLocked(database, who, async () => {
    const hangUp = new AbortController();
    const answer = fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization },
      body: JSON.stringify({ query }),
      signal: hangUp.signal,
    });
    await expect.poll(() => waiting(database)).toBe(1);
    hangUp.abort();
    await expect(answer).rejects.toThrow(/abort/i);
    await expect.poll(() => waiting(database), { timeout: 1000 }).toBe(0);
  });
  expect(await titles(database, who)).toEqual(['before']);
  dataOf(await server.ask(authorization, query));
  expect(await titles(database, who)).toEqual(['after']);
}

describe.skipIf(!pgbouncerInstalled)('behind PgBouncer', () => {
  const database = useTestDatabase();
  const bouncer = usePgBouncer(database.urls.authenticator, 2);
  const server = useTestServer(database, {
    get authenticatorUrl() {
      return bouncer.url;
    },
    preparedStatements: false,
  });
  test('it is stopped within a second', UNLESS_BUSY, () => hangsUp(server, database));
});

describe.skipIf(!opensslInstalled)('over TLS', () => {
  const database = useTestDatabase();
  const proxy = useTlsProxy(database.urls.authenticator);
  const server = useTestServer(database, {
    get authenticatorUrl() {
      return proxy.url(database.urls.authenticator);
    },
  });
  test(
    'it is stopped within a second, by a request that is encrypted too',
    UNLESS_BUSY,
    async () => {
      await hangsUp(server, database);
      expect(proxy.refused).toBe(0);
    },
  );
});
