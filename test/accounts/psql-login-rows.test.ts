/**
 * A personal login, whatever is typed into it, reaches its own rows and nobody else's.
 * Bob's row carries a marker that must never reach Alice, in rows, COPY, notices, errors or plans.
 */
import type { Client } from 'pg';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { attack } from '../support/attack.ts';
import { useTestDatabase } from '../support/database.ts';
import { addTask, addUser, newUserId, stored, usePsqlLogins } from '../support/people.ts';
import { isKnown } from '../support/since.ts';

const database = useTestDatabase();
const logins = usePsqlLogins(database);
const MARKER = 'Bobs-secret';
const alice = newUserId();
const bob = newUserId();
let session: Client;
let bobsTask: number;

beforeAll(async () => {
  const { privileged } = database;
  for (const id of [alice, bob]) await addUser(privileged, id);
  bobsTask = await addTask(privileged, bob, MARKER);
  // Often enough to become a most common value in the statistics.
  for (let i = 0; i < 30; i++) await addTask(privileged, bob, MARKER);
  await privileged.query('analyze public.task');
  session = await logins.open(await logins.grant(alice));
});

beforeEach(async () => {
  await database.privileged.query('delete from public.task where user_id = $1', [alice]);
  for (const title of ['7', '8']) await addTask(database.privileged, alice, title);
});

/** `$B` stands for Bob's id, `$T` for one of his tasks. */
const fill = (sql: string) => sql.replaceAll('$B', String(bob)).replaceAll('$T', String(bobsTask));

describe('nobody else’s rows', () => {
  const all: [how: string, sql: string, expected: string][] = [
    ['by asking', 'table direct.task', 'ok'],
    ['by asking the table', 'table public.task', '42501'],
    ['by id', 'select * from direct.task where id = $T', 'ok'],
    ['by owner', 'select * from direct.task where user_id = $B', 'ok'],
    ['by a join', 'select * from direct."user" u join direct.task t on t.id = $T or true', 'ok'],
    [
      'by a lateral join',
      'select * from (values ($T)) v(i), lateral (select * from direct.task where id = i) t',
      'ok',
    ],
    [
      'by a common table expression',
      'with t as materialized (select * from direct.task) select * from t',
      'ok',
    ],
    ['by a sample', 'select * from direct.task tablesample system (100)', '0A000'],
    ['by a whole row', 'select t, to_json(t) from direct.task t', 'ok'],
    [
      'by ctid',
      "select * from direct.task where ctid = any (select format('(%s,%s)', a, b)::tid from generate_series(0, 5) a, generate_series(1, 50) b)",
      '42703',
    ],
    ['by locking them', 'select * from direct.task for update', 'ok'],
    ['by locking accounts', 'select * from direct."user" for update', '42501'],
    ['without row security', 'set row_security = off; table direct.task', '42501'],
    ['by a cast that fails on them', 'select title::integer from direct.task', 'ok'],
    [
      'by a cast in a condition',
      "select * from direct.task where title::integer > 0 and title like '%'",
      'ok',
    ],
    [
      'by an error message',
      "select * from direct.task where cast(title || 'x' as integer) > 0",
      '22P02',
    ],
    ['by copying the table out', 'copy direct.task to stdout', '42809'],
    ['by copying a query out', 'copy (select * from direct.task where id = $T) to stdout', 'ok'],
    [
      'by copying a change out',
      'copy (update direct.task set completed = true returning *) to stdout',
      'ok',
    ],
    ['by copying to a file', "copy direct.task to '/rowguard-loot'", '42501'],
    ['by copying to a program', "copy direct.task to program 'cat'", '42501'],
    [
      'by a cursor',
      "begin; declare c cursor for table direct.task; set local jwt.claims.user_id = '$B'; fetch all c",
      'ok',
    ],
    [
      'by a cursor that outlives its transaction',
      'declare c cursor with hold for table direct.task; fetch all c',
      'ok',
    ],
    [
      'by a prepared statement',
      "prepare p as table direct.task; execute p; set jwt.claims.user_id = '$B'; execute p",
      'ok',
    ],
    [
      'by a generic plan',
      'set plan_cache_mode = force_generic_plan; prepare p (integer) as select * from direct.task where id = $1; execute p ($T)',
      'ok',
    ],
    [
      'by a DO block',
      "do $$ begin raise notice '%', (select string_agg(title, ',') from direct.task); end $$",
      'ok',
    ],
    [
      'by a dynamic statement',
      "do $$ declare t text; begin execute 'select string_agg(title, '','') from direct.task' into t; raise exception '%', t; end $$",
      'P0001',
    ],
    [
      'by a function of one’s own',
      'create function pg_temp.peek() returns setof direct.task language sql as $$ table direct.task $$',
      '42501',
    ],
    [
      'by a function of one’s own in public',
      'create function public.peek() returns setof direct.task language sql security definer as $$ table direct.task $$',
      '42501',
    ],
    ['by a view', 'create temp view v as table direct.task', '42501'],
    ['by a temporary table', 'create temp table t as table direct.task', '42501'],
    [
      'by a query inside a function',
      "select * from ts_stat('select to_tsvector(title) from direct.task')",
      'ok',
    ],
    [
      'by a plan with its values',
      'explain (analyze, verbose) select * from direct.task where id = $T',
      'ok',
    ],
    ['by the statistics', 'table pg_stats', 'ok'],
    ['by the raw statistics', 'table pg_statistic', '42501'],
    [
      'by MERGE’s answer',
      'merge into direct.task t using (values ($T)) v(i) on t.id = i when matched then do nothing when not matched then insert (title) values (i::text) returning t.*',
      'ok',
    ],
    [
      'by copying them into one’s own',
      'insert into direct.task (title) select title from direct.task where user_id = $B returning *',
      'ok',
    ],
    ['from the migrations’ ledger', 'table graphile_migrate.migrations', '42501'],
    ['from the private schema', 'table app_private.psql_login', '42501'],
    ['from its tombstones', 'table app_private.deleted_user', '42501'],
    ['from the passwords', 'table pg_authid', '42501'],
    ['from large objects', 'select lo_get(1)', '42501'],
    ['by making a large object', 'select lo_create(0)', '42501'],
    ['by reading a file', "select pg_read_file('PG_VERSION')", '42501'],
  ];
  test.each(all.filter(([, sql]) => isKnown(sql)))('are read %s', async (_, sql, expected) => {
    const loot = await attack(session, fill(sql));
    expect(loot.text).not.toContain(MARKER);
    expect(loot.text).not.toContain(`person${bob}@`);
    expect(loot.outcome, loot.text).toBe(expected);
  });

  test('… while the session sees its own, and the superuser sees the marker', async () => {
    for (const sql of [
      'table direct.task',
      'copy (table direct.task) to stdout',
      'explain (analyze, verbose) table direct.task',
    ]) {
      expect((await attack(session, sql)).text).toMatch(/7|rows=2/);
    }
    expect(JSON.stringify(await stored(database.privileged, bob))).toContain(MARKER);
  });

  const changes: [how: string, sql: string, expected: string][] = [
    ['by an update of everything', "update direct.task set title = 'Mine'", 'ok'],
    [
      'by an update with a join',
      "update direct.task t set title = 'Mine' from (values ($T)) v(i) where t.id = i",
      'ok',
    ],
    ['by a delete of everything', 'delete from direct.task', 'ok'],
    [
      'by a delete with a join',
      'delete from direct.task t using direct."user" u where t.id = $T',
      'ok',
    ],
    [
      'by MERGE, matched',
      "merge into direct.task t using (values ($T)) v(i) on t.id = i when matched then update set title = 'Mine'",
      'ok',
    ],
    [
      'by MERGE, not matched by the source',
      'merge into direct.task t using (select) s on false when not matched by source and user_id = $B then delete',
      'ok',
    ],
    [
      'by MERGE that reads no column',
      'merge into direct.task t using (select) s on false when not matched by source then delete',
      'ok',
    ],
    [
      'by MERGE that chooses an owner',
      "merge into direct.task t using (select) s on false when not matched then insert (title, user_id) values ('x', $B)",
      '42501',
    ],
    [
      'by ON CONFLICT',
      "insert into direct.task (id, title) overriding system value values ($T, 'x') on conflict (id) do update set title = 'Mine'",
      '42P10',
    ],
    [
      'by ON CONFLICT without an id',
      "insert into direct.task (title) values ('x') on conflict do nothing",
      'ok',
    ],
    [
      'by ON CONFLICT on the address',
      "insert into public.\"user\" (id, email) values ($B, 'x@y.z') on conflict (id) do update set email = 'x@y.z'",
      '42501',
    ],
    // Allowed; the client sends nothing. direct.test.ts copies rows.
    ['by copying in', 'copy direct.task (title, user_id) from stdin', '57014'],
    ['by copying into the table', 'copy public.task (title, user_id) from stdin', '42501'],
    ['by truncating', 'truncate direct.task', '42809'],
    ['by truncating the table', 'truncate public.task', '42501'],
    ['by taking an account over', "select app_private.ensure_user($B, 'x@y.z', now())", '42501'],
    ['by changing an address', 'update direct."user" set email = \'x@y.z\'', '42501'],
    ['by deleting an account', 'delete from direct."user"', '42501'],
  ];
  test.each(changes.filter(([, sql]) => isKnown(sql)))(
    'are changed %s',
    async (_, sql, expected) => {
      const before = await stored(database.privileged, bob);
      expect(before).toHaveLength(32);
      const loot = await attack(session, fill(sql));
      expect(loot.outcome, loot.text).toBe(expected);
      expect(await stored(database.privileged, bob)).toEqual(before);
    },
  );
});
