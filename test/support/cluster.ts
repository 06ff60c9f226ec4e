/**
 * Vitest's global setup: one throw-away PostgreSQL for the whole run, with the template databases that
 * each test file clones (templates.ts). Nothing of it outlives the run.
 */
import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { TestProject } from 'vitest/node';
import { type EmbeddedDatabase, openEmbedded } from '../../src/embedded/embedded.ts';
import { connectionsClosed, migrateDatabase } from '../../src/migrate/migrate.ts';
import { openOther } from './other-postgres.ts';
import { makeTemplates, type Templates } from './templates.ts';

/** The database that openEmbedded makes; with every committed migration, it is a template. */
const WHOLE = 'todo';

declare module 'vitest' {
  export interface ProvidedContext {
    rootUrl: string;
    ownerUrl: string;
    authenticatorUrl: string;
    /** The major version of the PostgreSQL that is asked. */
    postgres: number;
    templates: Templates;
    /** Removed when the run ends. */
    runDirectory: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'rowguard-test-')));
  chmodSync(directory, 0o711);
  let database: Pick<EmbeddedDatabase, 'urls' | 'secrets' | 'stop'> | undefined;
  const other = process.env.TEST_POSTGRES;
  const teardown = async () => {
    await database?.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    database = other
      ? await openOther(other, directory)
      : await openEmbedded({ directory, port: undefined, say: () => {}, disposable: true });
    const { urls, secrets } = database;
    await migrateDatabase({
      ownerUrl: urls.owner,
      authenticatorPassword: secrets.authenticatorPassword,
      say: () => {},
    });
    const root = new Client({ connectionString: urls.root });
    await root.connect();
    const { rows } = await root.query('show server_version_num');
    const version = Math.floor(Number(rows[0].server_version_num) / 10_000);
    if (other) console.log(`The tests run on PostgreSQL ${version}.`);
    project.provide('runDirectory', directory);
    project.provide('postgres', version);
    project.provide('templates', await makeTemplates(WHOLE, root, urls, directory));
    await root.end();
    project.provide('rootUrl', urls.root);
    project.provide('ownerUrl', urls.owner);
    project.provide('authenticatorUrl', urls.authenticator);
  } catch (error) {
    // Or graphile-migrate would end the process before anybody reads the error.
    await connectionsClosed();
    await teardown();
    throw error;
  }
  return teardown;
}
