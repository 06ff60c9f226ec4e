/**
 * Databases of other locales on the cluster of the run, with the shipped migrations. Takes a clause of CREATE
 * DATABASE, returns a database for useTestServer. The database is dropped when the file ends.
 */
import { randomInt } from 'node:crypto';
import { migrate } from 'graphile-migrate';
import { Client } from 'pg';
import { afterAll, beforeAll, inject } from 'vitest';
import { withClient } from '../../src/database/connect.ts';
import { connectionsClosed, migrationSettings } from '../../src/migrate/migrate.ts';
import { onDatabase } from '../../src/migrate/shadow.ts';
import { dropWhenFree, type TestDatabase } from './database.ts';

/** The clauses that this version of PostgreSQL has. */
export const LOCALES: Readonly<Record<string, string>> = {
  C: "locale_provider libc locale 'C'",
  'C.UTF-8':
    inject('postgres') > 16
      ? "locale_provider builtin locale 'C' builtin_locale 'C.UTF-8'"
      : "locale_provider libc locale 'C.UTF-8'",
  ...(inject('postgres') > 17 && {
    PG_UNICODE_FAST: "locale_provider builtin locale 'C' builtin_locale 'PG_UNICODE_FAST'",
  }),
  German: "locale_provider icu locale 'C' icu_locale 'de'",
  Turkish: "locale_provider icu locale 'C' icu_locale 'tr'",
};

/** `base` is a database of the same file. The new one has its migrations, or those of another folder. */
export function useLocale(
  base: TestDatabase,
  clause: string,
  migrationsFolder = base.migrationsFolder,
): TestDatabase {
  const name = `${base.name}_${randomInt(1e6)}`;
  const { root, owner, authenticator } = base.urls;
  const urls = {
    root: onDatabase(root, name),
    owner: onDatabase(owner, name),
    authenticator: onDatabase(authenticator, name),
  };
  const database: TestDatabase = {
    name,
    migrationsFolder,
    urls,
    privileged: new Client({ connectionString: urls.root }),
    owner: new Client({ connectionString: urls.owner }),
    authenticator: new Client({ connectionString: urls.authenticator }),
  };
  const clients = [database.privileged, database.owner, database.authenticator];
  const asRoot = <T>(work: (client: Client) => Promise<T>) => withClient(inject('rootUrl'), work);
  beforeAll(async () => {
    await asRoot((client) =>
      client.query(
        `create database ${name} template template0 encoding 'UTF8' ${clause} owner todo_owner`,
      ),
    );
    await migrate({
      ...migrationSettings(urls.owner, () => {}),
      migrationsFolder,
    });
    await connectionsClosed();
    for (const client of clients) await client.connect();
  });
  afterAll(async () => {
    for (const client of clients) await client.end();
    await asRoot((client) => dropWhenFree(client, name));
  });
  return database;
}
