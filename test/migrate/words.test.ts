/**
 * The migration `words` on a database with rows. In the locale C, older migrations let titles pass that are blank,
 * and wrote the digests of addresses in another way.
 */
import { cpSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from 'graphile-migrate';
import { afterAll, expect, test } from 'vitest';
import { connectionsClosed, migrationSettings } from '../../src/migrate/migrate.ts';
import { useTestDatabase } from '../support/database.ts';
import { LOCALES, useLocale } from '../support/locales.ts';

const base = useTestDatabase();
const folder = mkdtempSync(join(tmpdir(), 'rowguard-words-'));
cpSync(base.migrationsFolder, folder, { recursive: true });
const committed = join(folder, 'committed');
const from = readdirSync(committed).sort();
const later = from.slice(from.findIndex((file) => file.endsWith('-words.sql')));
for (const file of later) renameSync(join(committed, file), join(folder, file));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const database = useLocale(base, LOCALES.C ?? '', folder);

test('titles that are blank get a title, and people are found by their address', async () => {
  const { privileged, owner, urls } = database;
  await privileged.query(`
    insert into public."user" (id, email) values (1, 'BÖB@x.test'), (2, 'ANN@x.test');
    insert into public.task (title, user_id) values (e'\\u00a0', 1), ('Buy milk', 1), (e'\\u3000\\u200b', 2);`);
  const find = async (address: string) => {
    const { rows } = await owner.query('select app_private.users_by_email($1) as id', [address]);
    return rows.map(({ id }) => id);
  };
  expect([await find('böb@x.test'), await find('ann@x.test')]).toEqual([[], [2]]);

  for (const file of later) renameSync(join(folder, file), join(committed, file));
  await migrate({ ...migrationSettings(urls.owner, () => {}), migrationsFolder: folder });
  await connectionsClosed();

  const { rows } = await privileged.query('select title from public.task order by id');
  expect(rows.map(({ title }) => title)).toEqual(['(blank)', 'Buy milk', '(blank)']);
  expect([await find('böb@x.test'), await find('ann@x.test')]).toEqual([[1], [2]]);
  const { rows: forced } = await privileged.query(
    `select relname from pg_class where relrowsecurity and relforcerowsecurity
     and oid in ('public.task'::regclass, 'public."user"'::regclass) order by relname`,
  );
  expect(forced.map(({ relname }) => relname)).toEqual(['task', 'user']);
});
