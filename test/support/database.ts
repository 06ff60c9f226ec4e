/**
 * A database of one's own for each test file, cloned from the template, with real logins. `privileged`
 * is the superuser, for controls only: it shows that a row which somebody cannot see is there.
 */
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { Client, type ClientBase, type QueryResult } from 'pg';
import { afterAll, beforeAll, inject } from 'vitest';
import { openClient, withClient } from '../../src/database/connect.ts';
import { USER_ID_SETTING } from '../../src/database/session.ts';
import { ROOT } from '../../src/migrate/root.ts';

export interface TestDatabase {
  readonly name: string;
  /** Its committed/ holds the migrations that made the database. */
  readonly migrationsFolder: string;
  readonly urls: { root: string; owner: string; authenticator: string };
  readonly privileged: Client;
  readonly owner: Client;
  readonly authenticator: Client;
}

let files = 0;

/**
 * Call at the top of a test file; the fields are there once its tests run. The framework's tests run on the
 * shipped migrations, those of test/app on the whole chain.
 */
export function useTestDatabase(chain: 'shipped' | 'whole' = 'shipped'): TestDatabase {
  const name = `test_${process.pid}_${++files}_${randomInt(1e9)}`;
  const url = (base: string) => base.replace(/\/[^/]*$/, `/${name}`);
  const urls = {
    root: url(inject('rootUrl')),
    owner: url(inject('ownerUrl')),
    authenticator: url(inject('authenticatorUrl')),
  };
  const root = chain === 'whole' ? ROOT : inject('templates').shippedRoot;
  const database: TestDatabase = {
    name,
    migrationsFolder: join(root, 'migrations'),
    urls,
    privileged: new Client({ connectionString: urls.root }),
    owner: new Client({ connectionString: urls.owner }),
    authenticator: new Client({ connectionString: urls.authenticator }),
  };
  const clients = [database.privileged, database.owner, database.authenticator];
  beforeAll(async () => {
    await withRoot((root) => cloneTemplate(root, name, inject('templates')[chain]));
    for (const client of clients) await client.connect();
  });
  afterAll(async () => {
    for (const client of clients) await client.end();
    // No FORCE: a connection that a test left open fails here.
    await withRoot((root) => dropWhenFree(root, name));
  });
  return database;
}

const withRoot = <T>(work: (root: Client) => Promise<T>): Promise<T> =>
  withClient(inject('rootUrl'), work);

/** CREATE DATABASE copies neither the rights on the database nor, so, the revocation from PUBLIC. */
async function cloneTemplate(root: Client, name: string, template: string): Promise<void> {
  await root.query(
    `create database ${name} template ${template} owner todo_owner strategy file_copy`,
  );
  await root.query(`revoke all on database ${name} from public`);
  await root.query(`grant connect on database ${name} to todo_authenticator`);
}

/** A closed connection's backend needs a moment to go; ten seconds is a leak. */
export async function dropWhenFree(root: Client, name: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await root.query(`drop database ${name}`);
      return;
    } catch (error) {
      if ((error as { code?: string }).code !== '55006' || attempt === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Another connection of a login; the caller ends it. */
export const connect = (connectionString: string): Promise<Client> => openClient(connectionString);

/** Runs `work` as the server does for a request of this person, and rolls everything back. */
export async function asUser<T>(
  client: ClientBase,
  claim: string | number | null,
  work: (client: ClientBase) => Promise<T>,
): Promise<T> {
  await client.query('begin');
  try {
    await client.query('set local role todo_user');
    if (claim !== null)
      await client.query('select set_config($1, $2, true)', [USER_ID_SETTING, String(claim)]);
    return await work(client);
  } finally {
    await client.query('rollback');
  }
}

/** The SQLSTATE a statement fails with, or 'ok' and the number of rows it touched. */
export async function outcome(work: Promise<QueryResult>): Promise<string> {
  try {
    const { rowCount } = await work;
    return `ok ${rowCount ?? 0}`;
  } catch (error) {
    const { code } = error as { code?: string };
    if (!code) throw error;
    return code;
  }
}
