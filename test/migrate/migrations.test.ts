/** The migration chain: on an empty database, again, side by side; and the committed files themselves. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate, watch } from 'graphile-migrate';
import { calculateHash } from 'graphile-migrate/dist/hash.js';
import type { Client } from 'pg';
import { afterEach, describe, expect, inject, test } from 'vitest';
import { dumpSchema } from '../../src/migrate/dump.ts';
import {
  migrateDatabase,
  migrationSettings,
  setAuthenticatorPassword,
} from '../../src/migrate/migrate.ts';
import { connect, useTestDatabase } from '../support/database.ts';

const MIGRATIONS = join(import.meta.dirname, '../../migrations');
const FILES = readdirSync(join(MIGRATIONS, 'committed')).sort();
/** graphile-migrate writes down the number, without the words. */
const NUMBERED = FILES.map((file) => `${file.slice(0, 6)}.sql`);
const read = (file: string) => readFileSync(join(MIGRATIONS, 'committed', file), 'utf8');

// migrate() runs every committed migration of this checkout.
const database = useTestDatabase('whole');
const made: string[] = [];

afterEach(async () => {
  for (const name of made.splice(0)) await database.privileged.query(`drop database ${name}`);
});

/** An empty database of the owner's: what a hosted PostgreSQL hands out. */
async function emptyDatabase(): Promise<string> {
  const name = `${database.name}_empty_${made.length}`;
  await database.privileged.query(`create database ${name} owner todo_owner`);
  made.push(name);
  return inject('ownerUrl').replace(/\/[^/]*$/, `/${name}`);
}

async function within<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await connect(url);
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const migrateAs = (ownerUrl: string, said: string[] = []) =>
  migrateDatabase({ ownerUrl, authenticatorPassword: undefined, say: (line) => said.push(line) });

const state = (url: string) =>
  within(url, async (client) => ({
    schema: await dumpSchema(client),
    migrations: (await client.query('select * from graphile_migrate.migrations order by filename'))
      .rows,
  }));

test('two deployments that set the password of the server’s login at once both succeed', async () => {
  // The one it has: other test files sign in with it.
  const password = decodeURIComponent(new URL(inject('authenticatorUrl')).password);
  await within(database.urls.owner, (one) =>
    within(database.urls.owner, async (other) => {
      // Without care most of such pairs fail.
      for (let i = 0; i < 10; i++) {
        const both = [one, other].map((owner) => setAuthenticatorPassword(owner, password));
        expect(await Promise.all(both)).toEqual([undefined, undefined]);
      }
    }),
  );
});

test('the chain runs on an empty database as an owner who may create roles and nothing more', async () => {
  const url = await emptyDatabase();
  await within(url, async (client) => {
    const { rows } = await client.query(
      `select rolsuper, rolbypassrls, rolcreatedb, rolreplication, rolcreaterole,
         (select count(*)::int from pg_class where relnamespace = 'public'::regnamespace) as objects
       from pg_roles where rolname = session_user`,
    );
    expect(rows).toEqual([
      {
        rolsuper: false,
        rolbypassrls: false,
        rolcreatedb: false,
        rolreplication: false,
        rolcreaterole: true,
        objects: 0,
      },
    ]);
  });
  await migrateAs(url);
  const { schema, migrations } = await state(url);
  expect(migrations.map((row) => row.filename)).toEqual(NUMBERED);
  expect(schema).toBe(await dumpSchema(database.owner));
});

test('a migrate of a migrated database does nothing', async () => {
  const first = await state(database.urls.owner);
  const said: string[] = [];
  await migrateAs(database.urls.owner, said);
  expect(await state(database.urls.owner)).toEqual(first);
  expect(said.join('\n')).toMatch(/already up to date/i);
});

test('migrates that start together all succeed, and the chain runs once', async () => {
  const url = await emptyDatabase();
  await Promise.all([migrateAs(url), migrateAs(url)]);
  const { schema, migrations } = await state(url);
  expect(migrations.map((row) => row.filename)).toEqual(NUMBERED);
  expect(schema).toBe(await dumpSchema(database.owner));
});

test('roles.sql can run any number of times', async () => {
  const roles = readFileSync(join(MIGRATIONS, 'roles.sql'), 'utf8');
  const catalogue = async () =>
    (
      await database.privileged.query(
        `select rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication,
           rolbypassrls, rolconnlimit, shobj_description(oid, 'pg_authid') as comment,
           (select json_agg(m order by m.oid) from pg_auth_members as m where m.member = r.oid) as member_of
         from pg_roles as r where rolname in ('todo_user', 'todo_authenticator') order by 1`,
      )
    ).rows;
  const before = await catalogue();
  await database.owner.query(roles);
  await database.owner.query(roles);
  expect(await catalogue()).toEqual(before);
  expect(before).toHaveLength(2);
});

test('current.sql run twice is current.sql run once', async () => {
  const settings = migrationSettings(database.urls.owner, () => {});
  await watch(settings, true, false);
  const once = await dumpSchema(database.owner);
  await database.owner.query('delete from graphile_migrate.current');
  await watch(settings, true, false);
  expect(await dumpSchema(database.owner)).toBe(once);
});

describe.each(FILES.map((file, i) => [file, FILES[i - 1]]))('%s', (file, before) => {
  const parse = (name: string | undefined) => {
    const found =
      name && /^--! Previous: (.+)\n--! Hash: (.+)\n(?:--! .+\n)*\n([\s\S]*)$/.exec(read(name));
    return found ? { previous: found[1], hash: found[2], body: found[3] ?? '' } : undefined;
  };
  const { previous, hash, body = '' } = parse(file ?? '') ?? {};

  test('follows the file before it', () => {
    expect(previous).toBe(parse(before)?.hash ?? '-');
  });

  test('is what was committed: its hash is that of its content', () => {
    const hashOf = (content: string) =>
      calculateHash(content, !previous || previous === '-' ? null : previous);
    expect(hashOf(body)).toBe(hash);
    expect(hashOf(`${body}\n-- edited`)).not.toBe(hash);
  });
});

test('migrate refuses an edited file', async () => {
  const url = await emptyDatabase();
  const folder = mkdtempSync(join(tmpdir(), 'rowguard-migrations-'));
  try {
    cpSync(MIGRATIONS, folder, { recursive: true });
    const file = FILES.at(-1) ?? '';
    writeFileSync(join(folder, 'committed', file), `${read(file)}\n-- edited\n`);
    const settings = { ...migrationSettings(url, () => {}), migrationsFolder: folder };
    await expect(migrate(settings)).rejects.toThrow(/hash/i);
    await within(url, async (client) => {
      const { rows } = await client.query('select filename from graphile_migrate.migrations');
      expect(rows).toHaveLength(FILES.length - 1);
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
