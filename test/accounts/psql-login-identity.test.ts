/** A personal login is its own person in every statement, whatever it sets, switches to or starts with. */
import type { Client } from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { connect, outcome, useTestDatabase } from '../support/database.ts';
import { addTask, addUser, newUserId, usePsqlLogins } from '../support/people.ts';

const database = useTestDatabase();
const logins = usePsqlLogins(database);
const alice = newUserId();
const bob = newUserId();
let alicesUrl: string;
let session: Client;

beforeAll(async () => {
  for (const id of [alice, bob]) {
    await addUser(database.privileged, id);
    await addTask(database.privileged, id, 'One');
    await addTask(database.privileged, id, 'Two');
  }
  alicesUrl = await logins.grant(alice);
  await logins.grant(bob);
  session = await logins.open(alicesUrl);
});

/** `$B` stands for Bob's id, `$L` for his login, `$A` for Alice's. */
const fill = (sql: string) =>
  sql
    .replaceAll('$B', String(bob))
    .replaceAll('$L', `todo_psql_${bob}`)
    .replaceAll('$A', `todo_psql_${alice}`);

const mine =
  'select min(user_id) as low, max(user_id) as high, count(*)::integer as n from direct.task';
const expectMine = async (client: Client) => {
  const { rows } = await client.query(mine);
  expect(rows).toEqual([{ low: alice, high: alice, n: 2 }]);
};
const all: [how: string, sql: string, expected: string][] = [
  ['SET', "set jwt.claims.user_id = '$B'", 'ok'],
  ['SET to nothing', "set jwt.claims.user_id = ''", 'ok'],
  ['SET to garbage', "set jwt.claims.user_id = 'bob'", 'ok'],
  ['RESET', "set jwt.claims.user_id = '$B'; reset jwt.claims.user_id", 'ok'],
  ['RESET ALL', 'reset all', 'ok'],
  ['set_config', "select set_config('jwt.claims.user_id', '$B', false)", 'ok'],
  ['SET ROLE todo_user', 'set role todo_user', '42501'],
  ['SET ROLE todo_authenticator', 'set role todo_authenticator', '42501'],
  ['SET ROLE todo_owner', 'set role todo_owner', '42501'],
  ['SET ROLE to another login', 'set role $L', '42501'],
  ['SET ROLE none', 'set role none', 'ok'],
  ['SET SESSION AUTHORIZATION', 'set session authorization $L', '42501'],
  ['RESET SESSION AUTHORIZATION', 'reset session authorization', 'ok'],
  ['the setting role', "select set_config('role', 'todo_user', false)", '42501'],
  [
    'the setting session_authorization',
    "select set_config('session_authorization', '$L', false)",
    '42501',
  ],
  ['GRANT of the API’s role', 'grant todo_user to current_user', '42501'],
  ['GRANT of another login', 'grant $L to current_user', '42501'],
  ['more rights', 'alter role current_user bypassrls', '42501'],
  ['CREATEROLE', 'alter role current_user createrole', '42501'],
  ['a role of one’s own', 'create role todo_mine', '42501'],
  ['another name', 'alter role $A rename to todo_mine', '0A000'],
  ['another login’s password', "alter role $L password 'x'", '42501'],
  ['the server’s password', "alter role todo_authenticator password 'x'", '42501'],
  ['a search path', 'set search_path = app_private, public', 'ok'],
];
test.each(all)('no other identity by %s', async (_, sql, expected) => {
  const result = await outcome(session.query(fill(sql)));
  // In the same session, where what was set still holds.
  await expectMine(session);
  await session.query('discard all');
  expect(result.replace(/ .*/, '')).toBe(expected);
});

test.each([
  "set local jwt.claims.user_id = '$B'",
  "select set_config('jwt.claims.user_id', '$B', true)",
  "set transaction isolation level serializable; set local jwt.claims.user_id = '$B'",
])('no other identity inside a transaction: %s', async (sql) => {
  await session.query('begin');
  await session.query(fill(sql));
  await expectMine(session);
  await session.query('rollback');
  await session.query('discard all');
});

test('no other identity by settings that the login’s next session starts with', async () => {
  expect(await outcome(session.query(fill("alter role $A set jwt.claims.user_id = '$B'")))).toBe(
    '42501',
  );
  // Others are the login's own business; a role it may not take is not taken.
  await session.query(fill("alter role $A set role = 'todo_user'"));
  await session.query(fill("alter role $A set search_path = 'app_private'"));
  const next = await connect(alicesUrl);
  await expectMine(next);
  const { rows } = await next.query('select current_user::text as name');
  expect(rows).toEqual([{ name: fill('$A') }]);
  await next.end();
  await session.query(fill('alter role $A reset all'));
});

test('no other identity by options of the connection', async () => {
  const url = new URL(alicesUrl);
  url.searchParams.set('options', `-c jwt.claims.user_id=${bob}`);
  const client = await connect(url.href);
  await expectMine(client);
  await client.end();
  url.searchParams.set('options', '-c role=todo_user');
  await expect(connect(url.href)).rejects.toMatchObject({ code: '42501' });
});
