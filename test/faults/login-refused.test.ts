/** PostgreSQL refuses the server's own login while the server runs: the password or the right was changed. */
import { join } from 'node:path';
import type { Client } from 'pg';
import { expect, test } from 'vitest';
import { loadSecrets, loadState } from '../../src/embedded/files.ts';
import { embeddedUrls } from '../../src/embedded/urls.ts';
import { connect } from '../support/database.ts';
import { stoppedDatabase } from '../support/made.ts';
import { ready, start } from '../support/process.ts';

/** The role belongs to the whole cluster, so this test has a cluster of its own. */
async function rootOf(directory: string): Promise<Client> {
  const data = join(directory, 'data');
  const { root } = embeddedUrls(loadSecrets(data, true), loadState(data).postgresPort ?? 0);
  return connect(root);
}

interface Extensions {
  readonly code: string;
  readonly reason?: string;
  readonly errorId?: string;
}

async function post(url: string, token: string) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: '{ me { id } }' }),
  });
  const { errors } = (await response.json()) as { errors?: [{ extensions: Extensions }] };
  const { code, reason, errorId }: Partial<Extensions> = errors?.[0].extensions ?? {};
  return { status: response.status, code, reason, errorId };
}

const REFUSED = [
  ['28P01', `alter role todo_authenticator password 'another'`],
  ['28000', 'alter role todo_authenticator nologin'],
] as const;

test('a refused login of the server is 503 DATABASE, and the log names the login', async () => {
  const directory = await stoppedDatabase();
  const server = start(directory);
  const { url, tokens } = await ready(server);
  const [alice = '', bob = ''] = tokens;
  const { authenticatorPassword } = loadSecrets(join(directory, 'data'), true);
  const root = await rootOf(directory);
  try {
    expect(await post(url, alice)).toMatchObject({ status: 200 });
    for (const [state, change] of REFUSED) {
      await root.query(change);
      await root.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'rowguard'`,
      );
      // Alice is known to the process and meets the error in GraphQL; Bob meets it before.
      for (const token of [alice, bob]) {
        const { errorId, ...refusal } = await post(url, token);
        expect(refusal, state).toEqual({ status: 503, code: 'UNAVAILABLE', reason: 'DATABASE' });
        await server.until(
          new RegExp(`${errorId} PostgreSQL refuses the login of AUTH_DATABASE_URL`),
        );
      }
      await root.query(`alter role todo_authenticator login password '${authenticatorPassword}'`);
      await expect.poll(() => post(url, alice)).toMatchObject({ status: 200 });
    }
  } finally {
    await root.end();
  }
}, 60_000);
