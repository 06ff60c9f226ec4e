/** A database of the migrations from before 1.0.0 is refused with one sentence, and is not changed. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readCommitted } from '../../src/migrate/committed.ts';
import { findDrift } from '../../src/migrate/drift.ts';
import { migrateDatabase } from '../../src/migrate/migrate.ts';
import { useTestDatabase } from '../support/database.ts';

const database = useTestDatabase();
const OLD = 'sha1:7465717bd04091110cca840db6516d9e9a4a8e5a';
const MESSAGE = /made by a pre-1\.0 Rowguard/;
let hash: string;

const setHash = (value: string) =>
  database.owner.query(
    "update graphile_migrate.migrations set hash = $1 where filename = '000001.sql'",
    [value],
  );

beforeAll(async () => {
  // 000002 names the hash of 000001.
  await database.owner.query(
    'alter table graphile_migrate.migrations drop constraint migrations_previous_hash_fkey',
  );
  hash = readCommitted()[0]?.hash ?? '';
});
afterAll(() => setHash(hash));

const migrated = () =>
  migrateDatabase({
    ownerUrl: database.urls.owner,
    authenticatorPassword: undefined,
    say: () => {},
  });

test('migrate refuses it', async () => {
  await migrated();
  await setHash(OLD);
  await expect(migrated()).rejects.toThrow(MESSAGE);
});

test('status and the start refuse it, as the owner and as the server', async () => {
  await setHash(OLD);
  for (const client of [database.owner, database.authenticator]) {
    await expect(findDrift(client, readCommitted())).rejects.toThrow(MESSAGE);
  }
  await setHash(hash);
  expect(await findDrift(database.authenticator, readCommitted())).toEqual([]);
});
