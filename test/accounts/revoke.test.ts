/** `psql -- revoke` and the look-up by address, while the login does its worst. */
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, expect, test } from 'vitest';
import { findPerson } from '../../src/accounts/people.ts';
import { revokePsqlLogin } from '../../src/accounts/psql-login.ts';
import { connect, outcome, useTestDatabase } from '../support/database.ts';
import { addressOf, addUser, newUserId, usePsqlLogins } from '../support/people.ts';

const database = useTestDatabase();
const logins = usePsqlLogins(database);
let id: number;
let url: string;

beforeEach(async () => {
  id = await addUser(database.privileged);
  url = await logins.grant(id);
});

const revoke = () => revokePsqlLogin(database.owner, { id, email: addressOf(id) }, 3000);
const left = async () =>
  (
    await database.privileged.query(
      `select (select count(*) from pg_roles where rolname = $1)
         + (select count(*) from pg_stat_activity where usename = $1) as n`,
      [`todo_psql_${id}`],
    )
  ).rows[0]?.n;

test('a login that reconnects in a loop is gone, with every session', async () => {
  let looping = true;
  let connected = 0;
  const loop = async () => {
    while (looping) {
      const client = await connect(url).catch(() => undefined);
      if (!client) continue;
      connected++;
      await client.query('select pg_sleep(60)').catch(() => {});
    }
  };
  const loops = [loop(), loop(), loop()];
  await expect.poll(() => connected).toBeGreaterThan(2);
  expect(await revoke()).toBe(true);
  await sleep(200);
  expect(await left()).toBe('0');
  looping = false;
  await Promise.all(loops);
});

test('a login that is being revoked cannot connect, however long revoking takes', async () => {
  const { privileged, owner } = database;
  await privileged.query('begin; lock table app_private.direct_queue in exclusive mode');
  const revoking = revokePsqlLogin(owner, { id, email: addressOf(id) }, 30_000).catch((e) => e);
  try {
    const refused = () =>
      connect(url).then(
        (client) => client.end().then(() => 'connected'),
        ({ code }) => code,
      );
    await expect.poll(refused, { timeout: 10_000 }).toMatch(/^28/);
  } finally {
    await privileged.query('rollback');
  }
  expect(await revoking).toBe(true);
});

test.each([
  ['a view', 'begin; lock table direct.task in access share mode'],
  ['its own row', 'begin; select direct.delete_me()'],
  ['its own role', "begin; alter role current_user password 'other'"],
  ['its own settings', "begin; alter role current_user set work_mem = '5MB'"],
])('a login that holds %s is gone; a second revoke finds none', async (_, sql) => {
  const session = await logins.open(url);
  await session.query(sql);
  expect(await revoke()).toBe(true);
  expect(await left()).toBe('0');
  expect(await revoke()).toBe(false);
});

test('an address is found while its person holds a lock on "user", and locks nobody', async () => {
  const session = await logins.open(url);
  await session.query('begin; select * from "user"');
  await database.owner.query("set lock_timeout = '100ms'");
  expect((await findPerson(database.owner, addressOf(id))).id).toBe(id);
  await session.query('rollback');
});

test('upper and lower case of an address do not matter; two such people are ambiguous', async () => {
  expect((await findPerson(database.owner, addressOf(id).toUpperCase())).id).toBe(id);
  const other = newUserId();
  await database.privileged.query('insert into public."user" (id, email) values ($1, $2)', [
    other,
    addressOf(id).toUpperCase(),
  ]);
  const error = await findPerson(database.owner, addressOf(id)).catch((e: Error) => e);
  expect(String(error)).toContain(String(id));
  expect(String(error)).toContain(String(other));
  expect((await findPerson(database.owner, String(other))).id).toBe(other);
  await expect(findPerson(database.owner, 'nobody@example.com')).rejects.toThrow(/no user/);
});

test('nobody but the owner finds people by address', async () => {
  const sql = "select app_private.users_by_email('x@example.com')";
  const session = await logins.open(url);
  expect(await outcome(session.query(sql))).toBe('42501');
  expect(await outcome(database.authenticator.query(sql))).toBe('42501');
});
