/**
 * Vitest's global setup: one throw-away PostgreSQL for the whole run, with a migrated template database
 * that each test file clones. Nothing of it outlives the run.
 */
import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { TestProject } from 'vitest/node';
import { type EmbeddedDatabase, openEmbedded } from '../../src/database/embedded/embedded.ts';
import { migrateDatabase } from '../../src/database/migrate.ts';

/** The database that openEmbedded makes; migrated, it is the template. */
export const TEMPLATE = 'todo';

declare module 'vitest' {
  export interface ProvidedContext {
    rootUrl: string;
    ownerUrl: string;
    authenticatorUrl: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'rowguard-test-')));
  chmodSync(directory, 0o711);
  let database: EmbeddedDatabase | undefined;
  const teardown = async () => {
    await database?.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    database = await openEmbedded({ directory, port: undefined, say: () => {}, disposable: true });
    const { urls, secrets } = database;
    await migrateDatabase({
      ownerUrl: urls.owner,
      authenticatorPassword: secrets.authenticatorPassword,
      say: () => {},
    });
    const root = new Client({ connectionString: urls.root });
    await root.connect();
    // A template nobody can connect to is copied at any time.
    await root.query(`alter database ${TEMPLATE} is_template true allow_connections false`);
    await root.end();
    project.provide('rootUrl', urls.root);
    project.provide('ownerUrl', urls.owner);
    project.provide('authenticatorUrl', urls.authenticator);
  } catch (error) {
    await teardown();
    throw error;
  }
  return teardown;
}
