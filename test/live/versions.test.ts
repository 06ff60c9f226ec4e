/**
 * The versions that writes make, by every way of writing: each person's numbers rise in the order of commits, each
 * row has its newest one, and whoever catches up ends with exactly the rows that are there.
 */
import type { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { asUser, connect, outcome, useTestDatabase } from '../support/database.ts';
import { addTask, addUser, newUserId, usePsqlLogins } from '../support/people.ts';
import { changesSince, Follower, storedChanges, taskIds, versionOf } from './changes.ts';

const database = useTestDatabase();
const logins = usePsqlLogins(database);
let person: number;
let other: number;

beforeEach(async () => {
  person = await addUser(database.privileged);
  other = await addUser(database.privileged);
});

/** Runs statements as the server does for a request, and commits. */
async function write(userId: number, ...statements: string[]): Promise<void> {
  const { authenticator } = database;
  await authenticator.query('begin');
  await authenticator.query(
    `select set_config('role', 'todo_user', true), set_config('jwt.claims.user_id', $1, true)`,
    [String(userId)],
  );
  for (const sql of statements) await authenticator.query(sql);
  await authenticator.query('commit');
}

const CREATE = "insert into public.task (title) values ('one')";
const BULK = "insert into public.task (title) select 'n' || g from generate_series(1, 1000) as g";

/** Whoever asks now gets the rows that are there, and whoever asked before gets there as well. */
async function expectComplete(follower: Follower, userId = person): Promise<void> {
  await follower.catchUp(database.authenticator, userId);
  const there = await taskIds(database.privileged, userId);
  expect([...follower.ids].sort((a, b) => a - b)).toEqual(there);
  const fresh = new Follower();
  await fresh.catchUp(database.authenticator, userId, 7);
  expect([...fresh.ids].sort((a, b) => a - b)).toEqual(there);
}

describe('a version', () => {
  test('is made for each row that a statement writes, without gaps', async () => {
    await write(person, CREATE, CREATE);
    const [first, second] = await taskIds(database.privileged, person);
    await write(person, `update public.task set completed = true where id = ${first}`);
    await write(person, `delete from public.task where id = ${second}`);
    expect(await storedChanges(database.privileged, person)).toEqual([
      { row_id: first, version: '3', deleted: false },
      { row_id: second, version: '4', deleted: true },
    ]);
    expect(await versionOf(database.privileged, person)).toBe(4);
    expect(await versionOf(database.privileged, other)).toBeUndefined();
  });

  test('of bulk statements is different in each row', async () => {
    const follower = new Follower();
    await write(person, BULK);
    await expectComplete(follower);
    await write(person, 'select public.set_all_tasks_completed(true)');
    expect(await versionOf(database.privileged, person)).toBe(2000);
    await write(person, 'delete from public.task where id % 2 = 0');
    const versions = (await storedChanges(database.privileged, person)).map(
      ({ version }) => version,
    );
    expect(new Set(versions).size).toBe(1000);
    expect(await versionOf(database.privileged, person)).toBe(2500);
    await expectComplete(follower);
  });

  test('is not made by a statement that writes nothing', async () => {
    await write(
      person,
      'update public.task set completed = true where false',
      'delete from public.task where false',
    );
    expect(await versionOf(database.privileged, person)).toBeUndefined();
  });

  test('does not remain of a transaction that was rolled back', async () => {
    await write(person, CREATE);
    await asUser(database.authenticator, person, (client) => client.query(BULK));
    expect(await versionOf(database.privileged, person)).toBe(1);
    expect(await storedChanges(database.privileged, person)).toHaveLength(1);
  });

  test('is made by on conflict do update, and by an id that is used again', async () => {
    await write(person, CREATE);
    const [id] = await taskIds(database.privileged, person);
    const follower = new Follower();
    await follower.catchUp(database.authenticator, person);
    const again = (action: string) =>
      database.privileged.query(
        `insert into public.task (id, title, user_id) overriding system value values (${id}, 'x', ${person})
         on conflict (id) do ${action}`,
      );
    await again('nothing');
    expect(await versionOf(database.privileged, person)).toBe(1);
    await again("update set title = 'again'");
    expect(await versionOf(database.privileged, person)).toBe(2);
    await write(person, `delete from public.task where id = ${id}`);
    await expectComplete(follower);
    await again('nothing');
    const { changes } = await changesSince(database.authenticator, person, null);
    expect(changes).toMatchObject([{ row_id: id, version: '4', is_new: true, is_gone: false }]);
    await expectComplete(follower);
  });

  test('is made by a personal login', async () => {
    const session = await logins.open(await logins.grant(person));
    const follower = new Follower();
    await session.query("insert into task (title) values ('a'), ('b'), ('c')");
    await expectComplete(follower);
    const [first = 0] = await taskIds(database.privileged, person);
    await session.query(`delete from task where id = ${first}`);
    await session.query('update task set completed = true');
    expect(await versionOf(database.privileged, person)).toBe(6);
    await expectComplete(follower);
    // The login reads its own changes, and only these.
    await addTask(database.privileged, other, 'theirs');
    const { rows } = await session.query(
      "select row_id from changes_since('task', null, null, 1000) where row_id is not null",
    );
    expect(rows.map(({ row_id }) => row_id).toSorted()).toEqual(
      (await taskIds(database.privileged, person)).toSorted(),
    );
  });
});

test('the server alone asks for versions; nobody reads or writes the two tables', async () => {
  await write(person, CREATE, CREATE);
  const ask = (client: Client) =>
    client.query(`select * from app_private.versions_of(array[${person}, ${other}, 1]) order by 2`);
  expect((await ask(database.authenticator)).rows).toEqual([
    { user_id: other, version: '0' },
    { user_id: person, version: '2' },
  ]);
  const session = await logins.open(await logins.grant(person));
  const refused = [
    'select * from app_private.versions_of(array[1])',
    'select from app_private.person_version',
    'select from app_private.change',
    'update app_private.person_version set version = 1',
    'delete from app_private.change',
    "select app_private.watch_changes('public.task')",
    'select app_private.forget_unwatched()',
  ];
  for (const sql of refused) {
    expect(await outcome(session.query(sql)), sql).toBe('42501');
    expect(await asUser(database.authenticator, person, (c) => outcome(c.query(sql)))).toBe(
      '42501',
    );
  }
  // The control: both are there.
  expect(await versionOf(database.privileged, person)).toBe(2);
});

describe('watch_changes', () => {
  const watch = (table: string) =>
    outcome(database.owner.query(`select app_private.watch_changes('${table}')`));

  test('can run again, and notes rows that were written without it', async () => {
    await write(person, CREATE, CREATE);
    const [first] = await taskIds(database.privileged, person);
    const follower = new Follower();
    await follower.catchUp(database.authenticator, person);
    expect(await watch('public.task')).toBe('ok 1');
    expect(await versionOf(database.privileged, person)).toBe(2);
    await database.privileged.query('set session_replication_role = replica');
    await database.privileged.query('delete from public.task where id = $1', [first]);
    await addTask(database.privileged, person, 'unseen');
    await database.privileged.query('set session_replication_role = origin');
    expect(await watch('public.task')).toBe('ok 1');
    await expectComplete(follower);
    expect(await versionOf(database.privileged, person)).toBe(4);
  });

  test('takes tables whose rows belong to one person each, and refuses others', async () => {
    await database.owner.query(`
      create table public.entry (id integer generated always as identity primary key, body text,
        author_id integer not null default app_private.current_user_id());
      comment on table public.entry is E'@owner author_id\nA line.';
      create table public.shared (id integer primary key, list_id integer);
      comment on table public.shared is E'@member my_lists\nShared.';
      create table public.pair (a integer, b integer, user_id integer, primary key (a, b));
      create view public.recent as select 1 as id, 1 as user_id;`);
    expect(await watch('public.shared')).toBe('0A000');
    expect(await watch('public.pair')).toBe('42809');
    expect(await watch('public.recent')).toBe('42809');
    expect(await watch('app_private.change')).toBe('42809');
    await database.privileged.query("insert into public.entry (body, author_id) values ('a', $1)", [
      person,
    ]);
    expect(await watch('public.entry')).toBe('ok 1');
    await database.privileged.query("insert into public.entry (body, author_id) values ('b', $1)", [
      person,
    ]);
    const { changes } = await changesSince(database.authenticator, person, null, 9, 'entry');
    expect(changes.map(({ version }) => version)).toEqual(['1', '2']);
    // A table that is dropped leaves nothing behind. Migrations end with this call.
    await database.owner.query('drop table public.entry; select app_private.forget_unwatched()');
    expect(await storedChanges(database.privileged, person)).toEqual([]);
    const { rows } = await database.privileged.query(
      "select proname from pg_proc where proname like 'changes\\_of\\_%'",
    );
    expect(rows).toEqual([{ proname: 'changes_of_task' }]);
    await database.owner.query('drop table public.shared, public.pair; drop view public.recent');
  });
});

describe('the owner', () => {
  /** Many people, two rows each, in one statement: more than one person takes the other path. */
  const people = Array.from({ length: 40 }, newUserId);
  beforeAll(async () => {
    for (const id of people) await addUser(database.privileged, id);
    await database.privileged.query(
      `insert into public.task (title, user_id) select 'x', u from unnest($1::integer[]) as u, generate_series(1, 2)`,
      [people],
    );
  });

  test('writes for many people: each gets the versions of their own rows', async () => {
    await database.privileged.query(
      'update public.task set completed = true where user_id = any ($1)',
      [people],
    );
    for (const id of people) {
      expect(await versionOf(database.privileged, id)).toBe(4);
      const versions = (await storedChanges(database.privileged, id)).map(({ version }) => version);
      expect(versions).toEqual(['3', '4']);
    }
  });

  test('gives a row to another person: gone for one, new for the other', async () => {
    const [from = 0, to = 0] = people;
    const [id] = await taskIds(database.privileged, from);
    const followers = [new Follower(), new Follower()] as const;
    await followers[0].catchUp(database.authenticator, from);
    await followers[1].catchUp(database.authenticator, to);
    await database.privileged.query('alter table public.task disable trigger _100_immutable');
    await database.privileged.query('update public.task set user_id = $2 where id = $1', [id, to]);
    await database.privileged.query('alter table public.task enable trigger _100_immutable');
    await expectComplete(followers[0], from);
    await expectComplete(followers[1], to);
    expect(followers[1].ids).toContain(id);
  });

  test('deletes rows of many people, and truncates', async () => {
    const [one = 0, two = 0] = people.slice(5);
    const follower = new Follower();
    await follower.catchUp(database.authenticator, one);
    await database.privileged.query('delete from public.task where user_id = any ($1)', [
      [one, two],
    ]);
    await expectComplete(follower, one);
    const [three = 0] = people.slice(8);
    const third = new Follower();
    await third.catchUp(database.authenticator, three);
    expect(third.ids.size).toBe(2);
    await database.privileged.query('truncate public.task');
    await expectComplete(third, three);
    expect(third.ids.size).toBe(0);
  });

  test('deletes accounts, which leave nothing behind', async () => {
    for (const id of people.slice(10, 13)) await addTask(database.privileged, id, 'last');
    const gone = people.slice(10, 13);
    await database.privileged.query('delete from public."user" where id = any ($1)', [gone]);
    await database.owner.query('select app_private.end_account($1)', [people[13]]);
    await write(people[14] ?? 0, CREATE, 'select public.delete_me()');
    for (const id of people.slice(10, 15)) {
      expect(await versionOf(database.privileged, id)).toBeUndefined();
      expect(await storedChanges(database.privileged, id)).toEqual([]);
    }
    // Somebody else's are still there.
    expect(await versionOf(database.privileged, people[20] ?? 0)).toBeGreaterThan(0);
  });
});

describe('two transactions of one person', () => {
  let sessions: Client[] = [];
  afterAll(async () => {
    for (const session of sessions) await session.end();
  });
  const open = async (userId: number): Promise<Client> => {
    const client = await connect(database.urls.authenticator);
    sessions = [...sessions, client];
    await client.query('begin');
    await client.query(
      `select set_config('role', 'todo_user', true), set_config('jwt.claims.user_id', $1, true)`,
      [String(userId)],
    );
    return client;
  };

  test('become visible in the order of their versions: the second waits', async () => {
    const follower = new Follower();
    const first = await open(person);
    await first.query(CREATE);
    const second = await open(person);
    let done = false;
    const waiting = second.query(CREATE).then(() => {
      done = true;
    });
    // The control: another person's writer does not wait.
    await write(other, CREATE);
    await expectComplete(follower);
    expect(done).toBe(false);
    expect(follower.ids.size).toBe(0);
    await first.query('commit');
    await waiting;
    await expectComplete(follower);
    expect(follower.ids.size).toBe(1);
    await second.query('commit');
    await expectComplete(follower);
    expect(follower.ids.size).toBe(2);
  });

  test('the first is rolled back: its versions are used by the second', async () => {
    const first = await open(person);
    await first.query(BULK);
    const second = await open(person);
    const waiting = second.query(CREATE);
    await first.query('rollback');
    await waiting;
    await second.query('commit');
    expect(await versionOf(database.privileged, person)).toBe(1);
  });

  test('a write and the end of the account leave nothing behind and do not deadlock', async () => {
    await write(person, CREATE);
    const writer = await open(person);
    await writer.query('update public.task set completed = true');
    const ending = write(person, 'select public.delete_me()');
    await new Promise((resolve) => setTimeout(resolve, 100));
    await writer.query('commit');
    await ending;
    expect(await versionOf(database.privileged, person)).toBeUndefined();
  });

  test('bulk statements over the same people in different orders do not deadlock', async () => {
    const people = [person, other].sort((a, b) => a - b);
    for (const id of people) await addTask(database.privileged, id, 'x');
    const run = async (client: Client, order: string) => {
      for (let i = 0; i < 20; i++)
        await client.query(
          `insert into public.task (title, user_id) select 'x', u from unnest($1::integer[]) as u order by u ${order}`,
          [people],
        );
    };
    const [up, down] = [await connect(database.urls.root), await connect(database.urls.root)];
    sessions = [...sessions, up, down];
    await Promise.all([run(up, 'asc'), run(down, 'desc')]);
    expect(await versionOf(database.privileged, person)).toBe(41);
  });
});
