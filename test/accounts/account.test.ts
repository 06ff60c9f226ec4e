/** How an account begins, changes its address and ends: app_private.ensure_user and delete_me. */
import type { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asUser, connect, outcome, useTestDatabase } from '../support/database.ts';
import {
  addressOf,
  addTask,
  addUser,
  newUserId,
  stored,
  usePsqlLogins,
} from '../support/people.ts';

const database = useTestDatabase();
const logins = usePsqlLogins(database);
const CONNECTIONS = 20;
const connections: Client[] = [];

beforeAll(async () => {
  for (let i = 0; i < CONNECTIONS; i++)
    connections.push(await connect(database.urls.authenticator));
});
afterAll(() => Promise.all(connections.map((connection) => connection.end())));

/** One for all connections: a second may end between their clocks. */
const BASE = new Date(Math.floor(Date.now() / 1000) * 1000);

/** Seconds from the beginning: when the token was issued. */
function ensure(client: Client, id: number, email: string | null, issued = 0): Promise<string> {
  const sql = "select app_private.ensure_user($1, $2, $3::timestamptz + $4 * interval '1 s')";
  return outcome(client.query(sql, [id, email, BASE, issued]));
}

const server = () => database.authenticator;

async function addressesOf(...ids: number[]): Promise<string[]> {
  const { rows } = await database.privileged.query<{ email: string }>(
    'select email from public."user" where id = any ($1) order by id',
    [ids],
  );
  return rows.map(({ email }) => email);
}

test('the first id of all is not given a second time', async () => {
  expect(await ensure(server(), 1, addressOf(1))).toBe('ok 1');
  const { rows } = await database.privileged.query(
    'insert into public."user" (email) values (\'second@example.com\') returning id',
  );
  expect(rows).toEqual([{ id: 2 }]);
});

test('the first request makes the row, a second one leaves it as it is', async () => {
  const id = newUserId();
  expect(await ensure(server(), id, addressOf(id))).toBe('ok 1');
  const made = await stored(database.privileged, id);
  expect(made).toHaveLength(1);
  expect(await ensure(server(), id, addressOf(id), 60)).toBe('ok 1');
  expect(await stored(database.privileged, id)).toEqual(made);
});

test('parallel first requests of one person make one row and no error', async () => {
  const id = newUserId();
  const all = await Promise.all(connections.map((c) => ensure(c, id, addressOf(id))));
  expect(new Set(all)).toEqual(new Set(['ok 1']));
  expect(await addressesOf(id)).toEqual([addressOf(id)]);
});

test('parallel first requests with different addresses end with the newest token’s', async () => {
  const id = newUserId();
  const email = (i: number) => `v${i}.${addressOf(id)}`;
  const all = await Promise.all(connections.map((c, i) => ensure(c, id, email(i), i)));
  expect(new Set(all)).toEqual(new Set(['ok 1']));
  expect(await addressesOf(id)).toEqual([email(CONNECTIONS - 1)]);
});

test('the address follows a newer token, and an older token does not turn it back', async () => {
  const id = newUserId();
  await ensure(server(), id, addressOf(id), 0);
  expect(await ensure(server(), id, `new.${addressOf(id)}`, 10)).toBe('ok 1');
  expect(await addressesOf(id)).toEqual([`new.${addressOf(id)}`]);
  expect(await ensure(server(), id, addressOf(id), 5)).toBe('ok 1');
  expect(await addressesOf(id)).toEqual([`new.${addressOf(id)}`]);
  expect(await ensure(server(), id, addressOf(id), 20)).toBe('ok 1');
  expect(await addressesOf(id)).toEqual([addressOf(id)]);
});

test('a token without an address keeps the one that is known', async () => {
  const id = newUserId();
  await ensure(server(), id, addressOf(id));
  expect(await ensure(server(), id, null, 10)).toBe('ok 1');
  expect(await addressesOf(id)).toEqual([addressOf(id)]);
});

test('an address that another account holds is RG001 and changes nothing', async () => {
  const { privileged } = database;
  const [holder, other, fresh] = [await addUser(privileged), newUserId(), newUserId()];
  await ensure(server(), other, addressOf(other));
  const before = await stored(privileged, holder, other, fresh);
  expect(await ensure(server(), other, addressOf(holder), 10)).toBe('RG001');
  expect(await ensure(server(), fresh, addressOf(holder), 10)).toBe('RG001');
  expect(await stored(privileged, holder, other, fresh)).toEqual(before);
  expect(before).toHaveLength(2);
  // The refused token did not count as the newest: one issued before it may still change the address.
  expect(await ensure(server(), other, `new.${addressOf(other)}`, 5)).toBe('ok 1');
  expect(await addressesOf(other)).toEqual([`new.${addressOf(other)}`]);
});

test('of new people racing for one address exactly one gets it', async () => {
  const ids = connections.map(() => newUserId());
  const email = `race.${addressOf(newUserId())}`;
  const all = await Promise.all(connections.map((c, i) => ensure(c, ids[i] ?? 0, email)));
  expect(all.filter((result) => result === 'ok 1')).toHaveLength(1);
  expect(all.filter((result) => result === 'RG001')).toHaveLength(CONNECTIONS - 1);
  expect(await addressesOf(...ids)).toEqual([email]);
});

test('the identity sequence stays ahead of supplied ids, also of parallel ones', async () => {
  const base = 2_000_000_000;
  const ids = connections.map((_, i) => base + ((i * 7) % CONNECTIONS));
  const all = await Promise.all(
    connections.map((c, i) => ensure(c, ids[i] ?? 0, addressOf(ids[i] ?? 0))),
  );
  expect(new Set(all)).toEqual(new Set(['ok 1']));
  // A lower id does not move it back.
  await ensure(server(), newUserId(), addressOf(newUserId()));
  const { rows } = await database.privileged.query(
    'insert into public."user" (email) values (\'next@example.com\') returning id',
  );
  expect(rows).toEqual([{ id: base + CONNECTIONS }]);
});

test('somebody’s open delete_me holds no new person up', async () => {
  const leaving = await addUser(database.privileged);
  const newcomer = 2_100_000_000;
  await asUser(database.authenticator, leaving, async (client) => {
    await client.query('select public.delete_me()');
    const [other] = connections;
    await other?.query("set lock_timeout = '2s'");
    expect(other && (await ensure(other, newcomer, addressOf(newcomer)))).toBe('ok 1');
    await other?.query('reset lock_timeout');
  });
  expect(await stored(database.privileged, leaving, newcomer)).toHaveLength(2);
});

test('a person whose row was imported follows their tokens as well', async () => {
  const id = await addUser(database.privileged);
  expect(await ensure(server(), id, `new.${addressOf(id)}`)).toBe('ok 1');
  expect(await addressesOf(id)).toEqual([`new.${addressOf(id)}`]);
  expect(await ensure(server(), id, addressOf(id), -5)).toBe('ok 1');
  expect(await addressesOf(id)).toEqual([`new.${addressOf(id)}`]);
});

test('a new person without an address is RG003, and no row is made', async () => {
  const id = newUserId();
  expect(await ensure(server(), id, null)).toBe('RG003');
  expect(await stored(database.privileged, id)).toEqual([]);
});

test.each([
  ['no id', null, 'x@example.com', 'now()', '22004'],
  ['no time of issue', 5, 'x@example.com', 'null', '22004'],
  ['an id that is not positive', -5, 'x@example.com', 'now()', '23514'],
  ['an address that is too short', 5, 'x', 'now()', '23514'],
])('%s is refused', async (_, id, email, issued, code) => {
  const call = server().query(`select app_private.ensure_user($1, $2, ${issued})`, [id, email]);
  expect(await outcome(call)).toBe(code);
});

const endings: [how: string, end: (id: number) => Promise<unknown>][] = [
  [
    'delete_me',
    async (id) => {
      const client = await connect(database.urls.authenticator);
      await client.query('set role todo_user');
      await client.query("select set_config('jwt.claims.user_id', $1, false)", [String(id)]);
      await client.query('select public.delete_me()');
      await client.end();
    },
  ],
  [
    'the owner’s delete',
    async (id) => {
      await database.owner.query('begin');
      await database.owner.query("select set_config('jwt.claims.user_id', $1, true)", [String(id)]);
      expect(
        await outcome(database.owner.query('delete from public."user" where id = $1', [id])),
      ).toBe('ok 1');
      await database.owner.query('commit');
    },
  ],
];

test.each(endings)('after %s the account stays deleted until a later sign-in', async (_, end) => {
  const id = newUserId();
  await ensure(server(), id, addressOf(id), -60);
  await addTask(database.privileged, id, 'Goes with the account');
  await end(id);
  expect(await stored(database.privileged, id)).toEqual([]);
  const { rows: tombstones } = await database.privileged.query(
    "select date_trunc('second', deleted_at) as at from app_private.deleted_user where id = $1",
    [id],
  );
  const since = (seconds: number) =>
    outcome(
      server().query(
        "select app_private.ensure_user($1, $2, $3::timestamptz + $4 * interval '1 s')",
        [id, addressOf(id), tombstones[0]?.at, seconds],
      ),
    );
  // A token of before the deletion, and one of the same second.
  expect(await since(-60)).toBe('RG002');
  expect(await since(0)).toBe('RG002');
  expect(await stored(database.privileged, id)).toEqual([]);
  expect(await since(1)).toBe('ok 1');
  // It starts fresh, and the old token goes on being refused.
  expect(await stored(database.privileged, id)).toHaveLength(1);
  expect(await since(-60)).toBe('RG002');
  const { rows } = await database.privileged.query(
    'select array_agg(attname::text order by attnum) as columns from pg_attribute where attrelid = $1::regclass and attnum > 0',
    ['app_private.deleted_user'],
  );
  expect(rows[0]?.columns).toEqual(['id', 'deleted_at']);
});

test('delete_me reaches nobody but the caller, and without a claim nobody', async () => {
  const { privileged } = database;
  const [leaves, stays] = [await addUser(privileged), await addUser(privileged)];
  const before = await stored(privileged, leaves, stays);
  expect(before).toHaveLength(2);
  const client = await connect(database.urls.authenticator);
  await client.query('set role todo_user');
  expect((await client.query('select id from public.delete_me()')).rows).toEqual([{ id: null }]);
  expect(await stored(privileged, leaves, stays)).toEqual(before);
  await client.query("select set_config('jwt.claims.user_id', $1, false)", [String(leaves)]);
  expect((await client.query('select id from public.delete_me()')).rows).toEqual([{ id: leaves }]);
  await client.end();
  expect(await stored(privileged, leaves)).toEqual([]);
  expect(await stored(privileged, stays)).toHaveLength(1);
});

test('a known person with an unchanged address costs no write', async () => {
  const id = newUserId();
  await ensure(server(), id, addressOf(id));
  const version = 'select xmin, ctid, * from public."user" where id = $1';
  const before = await database.privileged.query(version, [id]);
  const client = server();
  const assigned = async () =>
    (await client.query('select pg_current_xact_id_if_assigned()::text as xid')).rows[0]?.xid;
  await client.query('begin');
  await ensure(client, id, addressOf(id), 0);
  await ensure(client, id, addressOf(id), 60);
  // PostgreSQL gives a transaction an id at its first write.
  expect(await assigned()).toBeNull();
  // The control: a change does get one.
  await ensure(client, id, `new.${addressOf(id)}`, 60);
  expect(await assigned()).toEqual(expect.any(String));
  await client.query('rollback');
  const after = await database.privileged.query(version, [id]);
  expect(after.rows).toEqual(before.rows);
});

test('nobody but the server’s login may call ensure_user', async () => {
  const { privileged, authenticator } = database;
  const alice = await addUser(privileged);
  const before = await stored(privileged, alice);
  const takeover = "select app_private.ensure_user($1, $2, now() + interval '1 hour')";
  const values = [alice, 'taken-over@example.com'];
  const asRole = await asUser(authenticator, alice, (c) => outcome(c.query(takeover, values)));
  expect(asRole).toBe('42501');
  const personal = await logins.open(await logins.grant(alice));
  expect(await outcome(personal.query(takeover, values))).toBe('42501');
  expect(await stored(privileged, alice)).toEqual(before);
  const { rows } = await privileged.query(
    `select coalesce(grantee::regrole::text, 'public') as who, privilege_type as right
     from pg_proc, aclexplode(proacl) where oid = 'app_private.ensure_user'::regproc order by 1`,
  );
  expect(rows).toEqual([
    { who: 'todo_authenticator', right: 'EXECUTE' },
    { who: 'todo_owner', right: 'EXECUTE' },
  ]);
  expect(await outcome(authenticator.query(takeover, values))).toBe('ok 1');
  expect(await addressesOf(alice)).toEqual(['taken-over@example.com']);
});
