/** Schema direct: what a personal login can do on the views, and what refresh_direct_views() makes of them. */
import type { Client } from 'pg';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { attack } from '../support/attack.ts';
import { outcome, useTestDatabase } from '../support/database.ts';
import { addTask, addUser, stored, usePsqlLogins } from '../support/people.ts';
import { isKnown } from '../support/since.ts';

const database = useTestDatabase();
const logins = usePsqlLogins(database);
let alice: number;
let bob: number;
let session: Client;
let second: Client;

beforeAll(async () => {
  alice = await addUser(database.privileged);
  bob = await addUser(database.privileged);
  const url = await logins.grant(alice);
  session = await logins.open(url);
  second = await logins.open(url);
});

beforeEach(async () => {
  for (const client of [session, second]) {
    await client.query('rollback');
    await client.query('discard all');
  }
  await database.privileged.query('delete from public.task');
  for (const title of ['One', 'Two']) await addTask(database.privileged, alice, title);
  await addTask(database.privileged, bob, 'Bobs');
});

const rowsOf = async (sql: string, values: unknown[] = []) =>
  (await session.query(sql, values)).rows;

const tasks = async () =>
  (
    await database.privileged.query(
      'select title, description, completed, user_id from public.task where user_id = $1 order by id',
      [alice],
    )
  ).rows;

/** Objects of schema direct that are not what would be made. */
const wrong = async () =>
  (
    await database.owner.query(
      'select object from app_private.direct_definitions() where expected is distinct from actual order by 1',
    )
  ).rows.map(({ object }) => object);

describe('a personal login', () => {
  test('sees its own rows, with the columns that todo_user may read', async () => {
    expect(await rowsOf('select title, user_id from task order by id')).toEqual([
      { title: 'One', user_id: alice },
      { title: 'Two', user_id: alice },
    ]);
    expect(await rowsOf('table "user"')).toHaveLength(1);
    const { fields } = await session.query('table task');
    expect(fields.map(({ name }) => name)).toEqual([
      'id',
      'title',
      'description',
      'completed',
      'user_id',
      'created_at',
      'updated_at',
    ]);
  });

  test('gets the stored row back from an insert, defaults included', async () => {
    const [row] = await rowsOf("insert into task (title) values ('New') returning *");
    expect(row).toMatchObject({
      title: 'New',
      description: null,
      completed: false,
      user_id: alice,
    });
    expect(row.id).toBeGreaterThan(0);
    expect(row.created_at).toBeInstanceOf(Date);
    expect(
      await rowsOf(
        "insert into task (title, completed) values ('A', true), ('B', default) returning completed",
      ),
    ).toEqual([{ completed: true }, { completed: false }]);
  });

  test('gets the stored row back from an update and a delete', async () => {
    const [row] = await rowsOf(
      "update task set completed = true where title = 'One' returning title, completed, updated_at",
    );
    expect(row).toMatchObject({ title: 'One', completed: true });
    expect(row.updated_at).toBeInstanceOf(Date);
    expect(await rowsOf("delete from task where title = 'One' returning title")).toEqual([
      { title: 'One' },
    ]);
    expect(await tasks()).toMatchObject([{ title: 'Two' }]);
  });

  test('may name every column, as an ORM does, with null, DEFAULT or what the row has', async () => {
    expect(
      await outcome(
        session.query(
          `insert into task (id, title, description, completed, user_id, created_at, updated_at)
           values (default, 'ORM', null, false, default, default, null)`,
        ),
      ),
    ).toBe('ok 1');
    expect(
      await outcome(
        session.query("insert into task (title, user_id) values ('Mine', $1)", [alice]),
      ),
    ).toBe('ok 1');
    expect(
      await outcome(
        session.query(
          `update task set id = id, title = 'Changed', user_id = $1, created_at = created_at
           where title = 'ORM'`,
          [alice],
        ),
      ),
    ).toBe('ok 1');
    expect(await tasks()).toMatchObject([{}, {}, { title: 'Changed' }, { title: 'Mine' }]);
  });

  test.each([
    ['insert into task (title, user_id) values ($$x$$, $B)', 'user_id'],
    ['insert into task (title, id) values ($$x$$, 5)', 'id'],
    ['insert into task (title, created_at) values ($$x$$, $$2020-01-01$$)', 'created_at'],
    ['update task set user_id = $B', 'user_id'],
    ['update task set user_id = null', 'user_id'],
    ['update task set title = $$x$$, id = id + 1', 'id'],
    ['update task set updated_at = now()', 'updated_at'],
  ])('is refused another value for a column it may not write: %s', async (sql, column) => {
    const before = await stored(database.privileged, alice, bob);
    const error = await session.query(sql.replace('$B', String(bob))).catch((e: Error) => e);
    expect(error).toMatchObject({
      code: '42501',
      message: `permission denied for column ${column} of task`,
      column,
      table: 'task',
    });
    expect(await stored(database.privileged, alice, bob)).toEqual(before);
  });

  test.each([
    ["insert into task (title) values ('')", '23514', 'task_title_length'],
    ['insert into task (title) values (null)', '23502', undefined],
    ['insert into task (title, completed) values ($$x$$, null)', '23502', undefined],
    ["update task set title = ' '", '23514', 'task_title_not_blank'],
  ])('gets the table’s own error when it breaks a rule: %s', async (sql, code, constraint) => {
    const error = await session.query(sql).catch((e: Error) => e);
    expect(error).toMatchObject({ code, table: 'task' });
    if (constraint) expect(error).toMatchObject({ constraint });
  });

  test.each([
    'insert into "user" (id, email) values (1, \'x@y.z\')',
    'update "user" set email = \'x@y.z\'',
    'delete from "user"',
    'table public.task',
    'select app_private.current_user_id()',
    'select public.me()',
  ])('has no other right: %s', async (sql) => {
    expect(await outcome(session.query(sql))).toBe('42501');
  });

  const merge = `merge into task t using (values ('One'), ('Three')) v (title) on t.title = v.title
    when matched then update set completed = true
    when not matched then insert (title) values (v.title) returning merge_action(), t.title, t.completed`;
  test.runIf(isKnown(merge.replaceAll('\n', ' ')))('may MERGE', async () => {
    expect(await rowsOf(merge)).toEqual([
      { merge_action: 'UPDATE', title: 'One', completed: true },
      { merge_action: 'INSERT', title: 'Three', completed: false },
    ]);
    expect(await tasks()).toHaveLength(3);
  });

  test('cannot truncate', async () => {
    expect(await outcome(session.query('truncate task'))).toBe('42809');
  });

  test('may lock its rows', async () => {
    await session.query('begin');
    expect(await outcome(session.query('select * from task for update'))).toBe('ok 2');
    await second.query("set lock_timeout = '100ms'");
    expect(await outcome(second.query('update task set completed = true'))).toBe('55P03');
  });

  test('may copy out by a query, as views must be', async () => {
    expect((await attack(session, 'copy (table task) to stdout')).text).toMatch(/One/);
    expect((await attack(session, 'copy task to stdout')).outcome).toBe('42809');
  });

  test('calls the functions of the API', async () => {
    expect(await rowsOf('select id from me()')).toEqual([{ id: alice }]);
    expect(
      await rowsOf('select count(*)::integer as n from set_all_tasks_completed(completed => true)'),
    ).toEqual([{ n: 2 }]);
    expect(await rowsOf('select count(*)::integer as n from clear_completed_tasks()')).toEqual([
      { n: 2 },
    ]);
    expect(await tasks()).toEqual([]);
    expect(await stored(database.privileged, bob)).toHaveLength(2);
  });
});

describe('an update of a row that another session changes', () => {
  const both = async (first: string, then: string): Promise<string> => {
    await second.query(`begin; ${first}`);
    const waiting = outcome(session.query(then));
    await expect
      .poll(async () => {
        const { rows } = await database.privileged.query(
          "select from pg_stat_activity where wait_event_type = 'Lock' and usename = $1",
          [`todo_psql_${alice}`],
        );
        return rows.length;
      })
      .toBe(1);
    await second.query('commit');
    return waiting;
  };

  test('is refused, and loses nothing', async () => {
    const sql = "update task set completed = true where title = 'One'";
    expect(await both("update task set title = 'Other' where title = 'One'", sql)).toBe('40001');
    expect(await tasks()).toMatchObject([{ title: 'Other', completed: false }, { title: 'Two' }]);
  });

  test('finds nothing if the row was deleted', async () => {
    const gone = "delete from task where title = 'One'";
    expect(await both(gone, "update task set completed = true where title = 'One'")).toBe('ok 0');
  });

  test('a delete is refused as well', async () => {
    const sql = "delete from task where title = 'One'";
    expect(await both("update task set title = 'Other' where title = 'One'", sql)).toBe('40001');
    expect(await tasks()).toHaveLength(2);
  });

  test.each(['', 'savepoint s; '])(
    'a row that a statement matches twice is changed once (%s)',
    async (savepoint) => {
      await session.query(`begin; ${savepoint}`);
      const sql =
        "update task t set title = v.x from (values ('a'), ('b')) v (x) where t.title = 'One'";
      expect(await outcome(session.query(sql))).toBe('ok 1');
      await session.query('commit');
      expect(await tasks()).toHaveLength(2);
    },
  );
});

describe('refresh_direct_views()', () => {
  const refresh = () => database.owner.query('select app_private.refresh_direct_views()');
  const oids = async () =>
    (
      await database.owner.query(
        "select oid from pg_class where relnamespace = 'direct'::regnamespace order by 1",
      )
    ).rows;

  test('makes what is missing, and touches nothing that is right', async () => {
    expect(await wrong()).toEqual([]);
    const before = await oids();
    expect(before.length).toBeGreaterThan(1);
    await refresh();
    expect(await oids()).toEqual(before);
  });

  test.each([
    [
      'a view without its fence',
      'create or replace view direct.task as select id, title, description, completed, user_id, created_at, updated_at from public.task',
    ],
    ['a view that asks as its caller', 'alter view direct.task set (security_invoker = true)'],
    ['a view that lets the table be locked', 'grant all on direct.task_nolock to todo_owner'],
    ['a view that lets a login around the fence', 'grant select on direct.task_nolock to public'],
    ['a view that is no barrier', 'alter view direct.task reset (security_barrier)'],
    ['a trigger that is gone', 'drop trigger write on direct.task'],
    ['a default that is gone', 'alter view direct.task alter column completed drop default'],
    ['a function of the caller’s', 'alter function direct.me() security invoker'],
    ['a function that looks names up', 'alter function direct.me() reset search_path'],
    ['something else', 'create view direct.more as select 1 as one'],
  ])('the catalogue shows %s, and it is fixed', async (_, sql) => {
    await database.owner.query(sql);
    expect(await wrong()).not.toEqual([]);
    await refresh();
    expect(await wrong()).toEqual([]);
    expect(await rowsOf('select title from task order by id')).toHaveLength(2);
  });

  test('the catalogue shows another owner', async () => {
    await database.privileged.query('alter view direct.task owner to postgres').catch(async () => {
      await database.privileged.query('alter view direct.task owner to current_user');
    });
    expect(await wrong()).toContain('view direct.task');
    await database.privileged.query('alter view direct.task owner to todo_owner');
    await refresh();
    expect(await wrong()).toEqual([]);
  });
});
