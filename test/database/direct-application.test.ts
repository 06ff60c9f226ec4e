/** Schema direct serves every kind of table and function that an application may add, and many of them. */
import type { Client } from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { ITEMS } from '../doctor/fixtures/kinds.ts';
import { outcome, useTestDatabase } from '../support/database.ts';
import {
  ENUM,
  FUNCTIONS,
  JOIN_TABLE,
  OTHER_OWNER,
  PARTITIONED,
  REFERENCE_TABLE,
  VIEW,
} from '../support/kinds.ts';
import { addTask, addUser, usePsqlLogins } from '../support/people.ts';

const database = useTestDatabase();
const logins = usePsqlLogins(database);
let alice: number;
let bob: number;
let session: Client;

beforeAll(async () => {
  const { owner, privileged } = database;
  await owner.query('select app_private.drop_direct_views()');
  for (const kind of [
    ENUM,
    FUNCTIONS,
    VIEW,
    JOIN_TABLE,
    REFERENCE_TABLE,
    PARTITIONED,
    OTHER_OWNER,
    ITEMS,
  ])
    await owner.query(kind);
  alice = await addUser(privileged);
  bob = await addUser(privileged);
  session = await logins.open(await logins.grant(alice));
  await privileged.query(`
    insert into public.post (body, author_id) values ('Bobs', ${bob});
    insert into public.event (title, user_id) values ('Bobs', ${bob});
    insert into app_private.shared values (1), (2);
    insert into app_private.list_member values (${alice}, 1), (${bob}, 2);
    insert into public.item (title, list_id) values ('shared with Alice', 1), ('shared with Bob', 2)`);
});

const rowsOf = async (sql: string) => (await session.query(sql)).rows;

test('owned tables: an owner of another name, partitions, a join table', async () => {
  const task = await addTask(database.privileged, alice, 'One');
  expect(await rowsOf("insert into post (body) values ('Mine') returning author_id")).toEqual([
    { author_id: alice },
  ]);
  expect(await rowsOf('select body from post')).toEqual([{ body: 'Mine' }]);
  expect(await rowsOf("insert into event (title) values ('Mine') returning user_id")).toEqual([
    { user_id: alice },
  ]);
  expect(await rowsOf('select title from event')).toEqual([{ title: 'Mine' }]);
  const [tag] = await rowsOf("insert into tag (name) values ('red') returning id");
  const join = (id: number) =>
    outcome(session.query('insert into task_tag (task_id, tag_id) values ($1, $2)', [id, tag.id]));
  expect(await join(task)).toBe('ok 1');
  expect(await join(await addTask(database.privileged, bob, 'Bobs'))).toBe('23503');
  expect(await rowsOf('select name from task_tag join tag on tag.id = tag_id')).toEqual([
    { name: 'red' },
  ]);
});

test('a reference table is read and not written; a member table follows its function', async () => {
  expect(await rowsOf('select code from country order by code')).toEqual([
    { code: 'DE' },
    { code: 'FR' },
  ]);
  expect(await outcome(session.query("insert into country values ('X', 'x')"))).toBe('42501');
  expect(await rowsOf('select title from item')).toEqual([{ title: 'shared with Alice' }]);
  const into = (list: number) =>
    outcome(session.query("insert into item (title, list_id) values ('new', $1)", [list]));
  expect(await into(1)).toBe('ok 1');
  expect(await into(2)).toBe('42501');
});

test('a view and functions see the person’s rows', async () => {
  await addTask(database.privileged, bob, 'also urgent');
  await database.privileged.query("update public.task set priority = 'high'");
  expect(await rowsOf('select title from pressing_task')).toEqual([{ title: 'One' }]);
  expect(await rowsOf('select urgent_count() as n')).toEqual([{ n: 1 }]);
  expect(await rowsOf("select title from finish_task('One')")).toEqual([{ title: 'One' }]);
  expect(await rowsOf('select title, task_is_long(task) as long from task')).toEqual([
    { title: 'One', long: false },
  ]);
});

test('a function that uses a whole row is there only if all of the row may be read', async () => {
  const { owner } = database;
  await owner.query('begin');
  try {
    await owner.query(`create function public.posts_as_json() returns setof jsonb language sql stable
        begin atomic select to_jsonb(p) from public.post as p where p.id > 0; end;
      grant execute on function public.posts_as_json() to todo_user`);
    const served = async () =>
      (
        await owner.query(
          `select from app_private.direct_functions() as f where f.oid = 'public.posts_as_json()'::regprocedure`,
        )
      ).rows.length;
    expect(await served()).toBe(1);
    await owner.query(
      'revoke select on public.post from todo_user; grant select (id, body) on public.post to todo_user',
    );
    expect(await served()).toBe(0);
  } finally {
    await owner.query('rollback');
  }
});

test('many views are dropped and made again', async () => {
  const { owner } = database;
  const objects = async () =>
    (
      await owner.query(
        "select from pg_class where relnamespace = 'direct'::regnamespace and relkind = 'v'",
      )
    ).rows.length;
  const before = await objects();
  expect(before).toBeGreaterThan(12);
  await owner.query('select app_private.drop_direct_views()');
  expect(await objects()).toBe(0);
  const { rows } = await owner.query(
    "select from pg_proc where pronamespace = 'direct'::regnamespace",
  );
  expect(rows).toHaveLength(0);
  await owner.query('select app_private.refresh_direct_views()');
  expect(await objects()).toBe(before);
});
