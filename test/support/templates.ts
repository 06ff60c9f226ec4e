/**
 * The template databases that test files clone: the whole chain, and the shipped migrations alone. Takes
 * the cluster's URLs and an empty directory, returns the names and the checkout whose migrations shipped.
 * Both templates are one database while the application has committed nothing.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { migrate } from 'graphile-migrate';
import type { Client } from 'pg';
import { withClient } from '../../src/database/connect.ts';
import { printApi } from '../../src/graphql/print.ts';
import { keepFingerprint } from '../../src/migrate/drift.ts';
import { dumpSchema } from '../../src/migrate/dump.ts';
import { connectionsClosed, migrationSettings } from '../../src/migrate/migrate.ts';
import { ROOT } from '../../src/migrate/root.ts';
import { onDatabase } from '../../src/migrate/shadow.ts';
import { copyShipped, hasOwnMigrations } from './shipped.ts';

export interface Templates {
  /** Every committed migration, the application's included. */
  readonly whole: string;
  /** The shipped migrations only. */
  readonly shipped: string;
  /** A checkout whose committed migrations are the shipped ones; this checkout if it has no others. */
  readonly shippedRoot: string;
}

/** `whole` is a migrated database. */
export async function makeTemplates(
  whole: string,
  root: Client,
  urls: { readonly owner: string; readonly authenticator: string },
  directory: string,
): Promise<Templates> {
  if (!hasOwnMigrations(ROOT)) {
    await close(root, whole);
    return { whole, shipped: whole, shippedRoot: ROOT };
  }
  const shipped = `${whole}_shipped`;
  const shippedRoot = join(directory, 'shipped');
  copyShipped(ROOT, shippedRoot);
  await root.query(`create database ${shipped} owner todo_owner`);
  const ownerUrl = onDatabase(urls.owner, shipped);
  await migrate({
    ...migrationSettings(ownerUrl, () => {}),
    migrationsFolder: join(shippedRoot, 'migrations'),
  });
  await withClient(ownerUrl, async (owner) => {
    await keepFingerprint(owner);
    writeFileSync(join(shippedRoot, 'test/app/schema.sql'), await dumpSchema(owner));
  });
  const api = await printApi(onDatabase(urls.authenticator, shipped));
  writeFileSync(join(shippedRoot, 'test/app/schema.graphql'), api);
  await connectionsClosed();
  for (const name of [whole, shipped]) await close(root, name);
  return { whole, shipped, shippedRoot };
}

/** A template that accepts no connections can be cloned at any time. */
async function close(root: Client, name: string): Promise<void> {
  await root.query(`alter database ${name} is_template true allow_connections false`);
}
