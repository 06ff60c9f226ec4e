/**
 * A personal login cannot harm others: not their objects, rights, settings or sessions. The control is
 * the whole schema and every role, dumped before and after.
 */
import type { Client } from 'pg';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { dumpSchema } from '../../src/migrate/dump.ts';
import { attack } from '../support/attack.ts';
import { connect, useTestDatabase } from '../support/database.ts';
import { addTask, addUser, newUserId, stored, usePsqlLogins } from '../support/people.ts';
import { isKnown } from '../support/since.ts';

const database = useTestDatabase();
const logins = usePsqlLogins(database);
const alice = newUserId();
const bob = newUserId();
let alicesUrl: string;
let session: Client;
let bobs: Client;

beforeAll(async () => {
  for (const id of [alice, bob]) {
    await addUser(database.privileged, id);
    await addTask(database.privileged, id, 'Stays');
  }
  alicesUrl = await logins.grant(alice);
  session = await logins.open(alicesUrl);
  bobs = await logins.open(await logins.grant(bob));
});

/** `$A` and `$B` stand for the two logins. */
const fill = (sql: string) =>
  sql.replaceAll('$A', `todo_psql_${alice}`).replaceAll('$B', `todo_psql_${bob}`);

/** Objects, rights, policies; and of the cluster the roles that others depend on, with their settings. */
async function world(): Promise<unknown> {
  const { rows } = await database.privileged.query(
    `select r.rolname, r.rolcanlogin, r.rolconnlimit, r.rolpassword, s.setconfig,
       (select json_agg(m order by m.oid) from pg_auth_members as m join pg_authid as g on g.oid = m.roleid
        where m.member = r.oid and g.rolname not like 'todo\\_psql%') as member_of
     from pg_authid as r left join pg_db_role_setting as s on s.setrole = r.oid
     where r.rolname in ('todo_user', 'todo_authenticator', 'todo_owner', $1) order by 1`,
    [fill('$B')],
  );
  return [await dumpSchema(database.owner), rows, await stored(database.privileged, alice, bob)];
}

const DENIED = '42501';
const refused: [what: string, sql: string, code: string][] = [
  ['drop a table', 'drop table public.task', DENIED],
  ['lift row level security', 'alter table public.task disable row level security', DENIED],
  ['stop forcing it', 'alter table public.task no force row level security', DENIED],
  ['drop a policy', 'drop policy select_own on public.task', DENIED],
  ['add a policy', 'create policy mine on public.task using (true)', DENIED],
  ['disable a trigger', 'alter table public.task disable trigger all', DENIED],
  ['skip triggers', 'set session_replication_role = replica', DENIED],
  [
    'add a trigger',
    'create trigger t before update on public.task for each row execute function app_private.touch()',
    DENIED,
  ],
  ['add a rule', 'create rule r as on delete to public.task do instead nothing', DENIED],
  ['add an index', 'create index on public.task (title)', DENIED],
  ['rebuild an index', 'reindex table public.task', DENIED],
  ['add statistics', 'create statistics public.s on title, completed from public.task', DENIED],
  [
    'falsify statistics',
    "select pg_clear_attribute_stats('public', 'task', 'user_id', false)",
    DENIED,
  ],
  ['reset counters', 'select pg_stat_reset()', DENIED],
  ['comment', "comment on table public.task is 'mine'", DENIED],
  [
    'replace a function',
    'create or replace function public.me() returns public."user" language sql as \'select null\'',
    DENIED,
  ],
  ['make a table', 'create table public.t (i integer)', DENIED],
  ['make a table elsewhere', 'create table app_private.t (i integer)', DENIED],
  ['make a temporary table', 'create temporary table t (i integer)', DENIED],
  ['make a schema', 'create schema mine', DENIED],
  ['make a type', 'create type public.mine as enum ()', DENIED],
  [
    'make an operator',
    'create operator public.=== (leftarg = text, rightarg = text, function = texteq)',
    DENIED,
  ],
  ['make a foreign key', 'create table public.t (i integer references public.task)', DENIED],
  ['install an extension', 'create extension if not exists pg_trgm', DENIED],
  ['make a publication', 'create publication p', DENIED],
  [
    'make an event trigger',
    'create event trigger e on ddl_command_start execute function app_private.touch()',
    DENIED,
  ],
  ['make a database', 'create database mine', DENIED],
  ['drop what the API’s role owns', 'drop owned by todo_user', DENIED],
  ['drop what the server owns', 'drop owned by todo_authenticator', DENIED],
  ['drop what the owner owns', 'drop owned by todo_owner', DENIED],
  ['drop what another login owns', 'drop owned by $B', DENIED],
  ['give away what it owns', 'reassign owned by $A to todo_user', DENIED],
  ['drop another login', 'drop role $B', DENIED],
  ['set for the API’s role', 'alter role todo_user set statement_timeout = 1', DENIED],
  ['set for the server', 'alter role todo_authenticator set statement_timeout = 1', DENIED],
  ['set for another login', 'alter role $B set statement_timeout = 1', DENIED],
  ['set for everybody', 'alter role all set statement_timeout = 1', DENIED],
  ['set for the database', `alter database ${database.name} set statement_timeout = 1`, DENIED],
  ['set for the server program', "alter system set work_mem = '1MB'", DENIED],
  ['raise its own limit', 'alter role $A connection limit -1', DENIED],
  ['let the API’s role log in', 'alter role todo_user login', DENIED],
  ['take ids', "select nextval('public.task_id_seq')", DENIED],
  ['take ids of accounts', "select nextval('public.user_id_seq')", DENIED],
  ['set back ids', "select setval('public.task_id_seq', 1)", DENIED],
  ['look at the ids to come', 'select last_value from public.task_id_seq', DENIED],
  ['look at the last id of others', "select currval('public.task_id_seq')", DENIED],
  ['lock the accounts', 'begin; lock table public."user" in share mode', DENIED],
  ['lock the table of tasks', 'begin; lock table direct.task in access exclusive mode', DENIED],
  [
    'lock the table of tasks against writes',
    'begin; lock table direct.task in share row exclusive mode',
    DENIED,
  ],
  ['load a library', "load 'auto_explain'", DENIED],
  ['change the log', 'set log_statement = none', DENIED],
  ['prepare a transaction', "begin; prepare transaction 'x'", '55000'],
  ['force a checkpoint', 'checkpoint', DENIED],
  ['switch WAL files', 'select pg_switch_wal()', DENIED],
  ['reload the configuration', 'select pg_reload_conf()', DENIED],
  ['make a replication slot', "select pg_create_physical_replication_slot('x')", DENIED],
  ['list files', "select pg_ls_dir('.')", DENIED],
  ['import a file', "select lo_import('/etc/hostname')", DENIED],
  ['grant what it has', 'grant select on direct.task to public', 'ok'],
  ['grant what it has not', 'grant select on public.task to public', DENIED],
  ['vacuum', 'vacuum public.task', DENIED],
  ['analyze', 'analyze public.task', DENIED],
  ['drop a view', 'drop view direct.task', DENIED],
  ['replace a view', 'create or replace view direct.task as select 1', DENIED],
  ['unfence a view', 'alter view direct.task set (security_barrier = false)', DENIED],
  [
    'make a function in its schema',
    'create function direct.f() returns integer language sql as $$ select 1 $$',
    DENIED,
  ],
  ['make a view in its schema', 'create view direct.v as select 1', DENIED],
  ['lift a trigger of a view', 'drop trigger write on direct.task', DENIED],
  ['change the views', 'select app_private.drop_direct_views()', DENIED],
];

describe('a personal login cannot', () => {
  let before: unknown;
  beforeAll(async () => {
    before = await world();
  });

  test.each(refused.filter(([, sql]) => isKnown(sql)))('%s', async (_, sql, code) => {
    const loot = await attack(session, fill(sql));
    expect(loot.outcome, loot.text).toBe(code);
  });

  test('change anything by all of these together', async () => {
    expect(await world()).toEqual(before);
  });
});

/** The backend of an open session. */
async function pidOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid ?? 0;
}

describe.each([
  ['another login', () => bobs],
  ['the server', () => database.authenticator],
  ['the owner', () => database.owner],
])('the session of %s', (_, other) => {
  test.each(['pg_terminate_backend', 'pg_cancel_backend'])('is safe from %s', async (call) => {
    const pid = await pidOf(other());
    const loot = await attack(session, `select ${call}(${pid})`);
    expect(loot.outcome).toBe(DENIED);
    expect(await pidOf(other())).toBe(pid);
  });

  test('hides its statements from a personal login', async () => {
    await other().query("select 'what-others-typed'");
    const look = `select query from pg_stat_activity where pid = ${await pidOf(other())}`;
    await other().query("select 'what-others-typed'");
    const loot = await attack(session, `${look}; select pg_stat_get_activity(null)`);
    expect(loot.text).toContain('<insufficient privilege>');
    expect(loot.text).not.toContain('what-others-typed');
    // The control: the statement is there for the superuser.
    const { rows } = await database.privileged.query(look);
    expect(rows).toEqual([{ query: "select 'what-others-typed'" }]);
  });
});

/** Ended at once, so that an attempt which succeeds fails its test and leaves nothing open. */
const enter = async (url: string) => (await connect(url)).end();

test('a personal login has three connections', async () => {
  const [one, two] = [await connect(alicesUrl), await connect(alicesUrl)];
  await expect(enter(alicesUrl)).rejects.toMatchObject({ code: '53300' });
  await one.end();
  await two.end();
});

test('what a personal login grants by default concerns its own objects, and it can make none', async () => {
  const before = await world();
  const sql = 'alter default privileges grant all on tables to public';
  expect((await attack(session, sql)).outcome).toBe('ok');
  const listed = 'select from pg_default_acl where defaclrole = $1::regrole';
  expect((await database.privileged.query(listed, [fill('$A')])).rowCount).toBe(1);
  await attack(session, 'alter default privileges revoke all on tables from public');
  expect(await world()).toEqual(before);
});

test.each(['postgres', 'template1'])(
  'a personal login cannot enter the maintenance database %s',
  async (name) => {
    await expect(enter(alicesUrl.replace(/[^/]*$/, name))).rejects.toMatchObject({
      code: DENIED,
    });
    // The control: the database is there.
    const root = await connect(inject('rootUrl').replace(/[^/]*$/, name));
    await root.end();
  },
);
