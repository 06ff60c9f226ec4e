/** Granting, renewing and revoking a personal login, by an owner who may create roles and nothing more. */
import { beforeAll, expect, test } from 'vitest';
import { asUser, connect, outcome, useTestDatabase } from '../support/database.ts';
import { addTask, addUser, newUserId, stored, usePsqlLogins } from '../support/people.ts';

const database = useTestDatabase();
const logins = usePsqlLogins(database);
const loginOf = (id: number) => `todo_psql_${id}`;
const MY_TASKS = 'select user_id from direct.task';
let bob: number;
let bobsUrl: string;

/** A person with one task and a login. */
async function person(): Promise<{ id: number; url: string }> {
  const id = await addUser(database.privileged);
  await addTask(database.privileged, id, 'Mine');
  return { id, url: await logins.grant(id) };
}

const isRole = async (id: number) =>
  (await database.privileged.query('select from pg_roles where rolname = $1', [loginOf(id)]))
    .rowCount === 1;

beforeAll(async () => {
  ({ id: bob, url: bobsUrl } = await person());
});

test('the owner needs CREATEROLE only, and the login gets nothing but its rights on rows', async () => {
  const { rows } = await database.privileged.query(
    `select rolname, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolinherit, rolconnlimit,
       exists (select from pg_auth_members where member = r.oid) as member
     from pg_roles as r where rolname = any ($1) order by rolname = 'todo_owner'`,
    [['todo_owner', loginOf(bob)]],
  );
  const nothing = {
    rolsuper: false,
    rolcreatedb: false,
    rolreplication: false,
    rolbypassrls: false,
  };
  expect(rows).toEqual([
    {
      ...nothing,
      rolname: loginOf(bob),
      rolcreaterole: false,
      rolinherit: false,
      rolconnlimit: 3,
      member: false,
    },
    // A member of the roles it created, as every CREATEROLE role is.
    {
      ...nothing,
      rolname: 'todo_owner',
      rolcreaterole: true,
      rolinherit: true,
      rolconnlimit: -1,
      member: true,
    },
  ]);
});

test('a login has no right on a table; on each view it has what todo_user has on the table', async () => {
  const { rows } = await database.privileged.query(
    `select n.nspname as schema, c.relname as name, array_agg(lower(a.privilege_type) order by a.privilege_type) as rights
     from pg_class as c join pg_namespace as n on n.oid = c.relnamespace, aclexplode(c.relacl) as a
     where a.grantee = $1::regrole group by 1, 2 order by 2`,
    [loginOf(bob)],
  );
  expect(rows).toEqual([
    { schema: 'direct', name: 'task', rights: ['delete', 'insert', 'select', 'update'] },
    { schema: 'direct', name: 'user', rights: ['select'] },
  ]);
  const others = await database.privileged.query(
    `select 'schema ' || nspname as object from pg_namespace, aclexplode(nspacl) where grantee = $1::regrole
     union all select attrelid::regclass || '.' || attname
       from pg_attribute, aclexplode(attacl) where grantee = $1::regrole
     union all select p.oid::regprocedure::text
       from pg_proc as p, aclexplode(proacl) where grantee = $1::regrole order by 1`,
    [loginOf(bob)],
  );
  expect(others.rows.map(({ object }) => object)).toEqual([
    'app_private.current_user_id()',
    'app_private.is_blank(text)',
    'app_private.psql_user_id()',
    'direct.changes_since(text,uuid,bigint,integer)',
    'direct.claim_create(text,text,jsonb)',
    'direct.clear_completed_tasks()',
    'direct.delete_me()',
    'direct.finish_create(text,text,text)',
    'direct.me()',
    'direct.set_all_tasks_completed(boolean)',
    'schema direct',
  ]);
});

test('there is no login for somebody who does not exist', async () => {
  const nobody = newUserId();
  await expect(logins.grant(nobody)).rejects.toMatchObject({ code: 'P0002' });
  expect(await isRole(nobody)).toBe(false);
});

test('nobody but the owner grants or revokes', async () => {
  const session = await connect(bobsUrl);
  for (const sql of [
    `select app_private.grant_psql_login(${bob}, 'x')`,
    `select app_private.revoke_psql_login(${bob})`,
  ]) {
    expect(await outcome(session.query(sql))).toBe('42501');
    expect(await outcome(database.authenticator.query(sql))).toBe('42501');
    expect(await asUser(database.authenticator, bob, (c) => outcome(c.query(sql)))).toBe('42501');
  }
  expect(await outcome(session.query(MY_TASKS))).toBe('ok 1');
  await session.end();
});

test('granting again changes the password and keeps the person', async () => {
  const { id, url } = await person();
  const again = await logins.grant(id);
  await expect(connect(url)).rejects.toMatchObject({ code: '28P01' });
  const session = await connect(again);
  expect((await session.query(MY_TASKS)).rows).toEqual([{ user_id: id }]);
  await session.end();
});

test('a login that drops what it owns loses nothing, and takes nothing from others', async () => {
  const { id, url } = await person();
  const before = await stored(database.privileged, id, bob);
  const session = await logins.open(url);
  await session.query('drop owned by current_user cascade');
  const others = await connect(bobsUrl);
  for (const client of [session, others])
    expect(await outcome(client.query(MY_TASKS))).toBe('ok 1');
  await others.end();
  expect(
    await asUser(database.authenticator, id, (c) => outcome(c.query('table public.task'))),
  ).toBe('ok 1');
  expect(await stored(database.privileged, id, bob)).toEqual(before);
});

test('the login of a deleted person sees nothing and can make nothing, nor can one who comes back', async () => {
  const { id, url } = await person();
  const session = await logins.open(url);
  expect((await session.query('select id from direct.delete_me()')).rows).toEqual([{ id }]);
  const expectNothing = async () => {
    expect(await outcome(session.query(MY_TASKS))).toBe('ok 0');
    expect(await outcome(session.query('table direct."user"'))).toBe('ok 0');
    expect(await outcome(session.query("insert into direct.task (title) values ('x')"))).toBe(
      '42501',
    );
  };
  await expectNothing();
  // Somebody signs in with the id again: whoever kept the old password is not that person.
  await addUser(database.privileged, id);
  await addTask(database.privileged, id, 'New');
  await expectNothing();
  await logins.grant(id);
  expect(await outcome(session.query(MY_TASKS))).toBe('ok 1');
});

test('revoking ends the sessions, the role and the mapping, and nobody else’s session', async () => {
  const { id, url } = await person();
  const session = await logins.open(url);
  const others = await connect(bobsUrl);
  expect(await outcome(session.query(MY_TASKS))).toBe('ok 1');
  expect(await logins.revoke(id)).toBe(true);
  await expect(session.query(MY_TASKS)).rejects.toThrow();
  await expect(connect(url)).rejects.toMatchObject({ code: '28P01' });
  expect(await isRole(id)).toBe(false);
  const mapping = 'select from app_private.psql_login where user_id = $1';
  expect(await outcome(database.privileged.query(mapping, [id]))).toBe('ok 0');
  expect(await stored(database.privileged, id)).toHaveLength(2);
  expect(await outcome(others.query(MY_TASKS))).toBe('ok 1');
  await others.end();
  expect(await logins.revoke(id)).toBe(false);
});

test.each([
  ['deletes itself', 'begin; select direct.delete_me()'],
  ['locks its tasks', 'begin; select from direct.task for update'],
  ['holds the migrations’ lock', 'select pg_advisory_lock(4727445306447283)'],
])('revoking is not held up by a session that %s and waits', async (_, sql) => {
  const { id, url } = await person();
  const session = await logins.open(url);
  await session.query(sql);
  expect(await logins.revoke(id)).toBe(true);
  await expect(session.query('select')).rejects.toThrow();
  expect(await isRole(id)).toBe(false);
  // What it had not committed did not happen.
  expect(await stored(database.privileged, id)).toHaveLength(2);
});

test('a session that slips in while its login is revoked can do nothing afterwards', async () => {
  const { id, url } = await person();
  await database.owner.query('begin');
  expect(await logins.revoke(id)).toBe(true);
  // Until the commit the password still counts.
  const late = await logins.open(url);
  await late.query(`prepare mine as ${MY_TASKS}`);
  expect(await outcome(late.query('execute mine'))).toBe('ok 1');
  await database.owner.query('commit');
  expect(await outcome(late.query('execute mine'))).not.toMatch(/^ok/);
  expect(await outcome(late.query(MY_TASKS))).not.toMatch(/^ok/);
  expect(await outcome(late.query('begin; lock table direct.task'))).not.toMatch(/^ok/);
  expect(await stored(database.privileged, id)).toHaveLength(2);
});

test('a login that left something in another database loses everything but its name', async () => {
  const elsewhere = `${database.name}_elsewhere`;
  await database.privileged.query(`create database ${elsewhere}`);
  const { id, url } = await person();
  try {
    const there = await connect(url.replace(/[^/]*$/, elsewhere));
    await there.query('alter default privileges grant select on tables to public');
    await there.end();
    expect(await logins.revoke(id)).toBe(true);
    expect(await isRole(id)).toBe(true);
    await expect(connect(url)).rejects.toMatchObject({ code: '28P01' });
    const { rows } = await database.privileged.query(
      `select rolcanlogin, rolpassword, has_table_privilege(oid, 'direct.task', 'select') as reads,
         exists (select from pg_auth_members where roleid = r.oid and inherit_option) as lent,
         exists (select from app_private.psql_login where login = rolname) as mapped
       from pg_authid as r where rolname = $1`,
      [loginOf(id)],
    );
    expect(rows).toEqual([
      { rolcanlogin: false, rolpassword: null, reads: false, lent: false, mapped: false },
    ]);
    const renewed = await connect(await logins.grant(id));
    expect(await outcome(renewed.query(MY_TASKS))).toBe('ok 1');
    await renewed.end();
  } finally {
    await database.privileged.query(`drop database ${elsewhere}`);
    expect(await logins.revoke(id)).toBe(true);
  }
  expect(await isRole(id)).toBe(false);
});
