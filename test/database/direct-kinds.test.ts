/**
 * Schema direct for the kinds of tables, columns and views that an application may add, and the pages of a
 * personal login: their order, their plans and the planner settings of the login.
 */
import type { Client } from 'pg';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { outcome, useTestDatabase } from '../support/database.ts';
import { addTask, addUser, usePsqlLogins } from '../support/people.ts';
import { HAS_PSQL, psql } from '../support/psql.ts';

const database = useTestDatabase();
const logins = usePsqlLogins(database);
let alice: number;
let bob: number;
let url: string;
let session: Client;

const OWNED = (name: string) => `
  alter table public.${name} enable row level security, force row level security;
  create policy select_own on public.${name} for select
    using (user_id = (select app_private.current_user_id()));
  create policy insert_own on public.${name} for insert
    with check (user_id = (select app_private.current_user_id()));
  create policy update_own on public.${name} for update
    using (user_id = (select app_private.current_user_id()))
    with check (user_id = (select app_private.current_user_id()));
  create policy delete_own on public.${name} for delete
    using (user_id = (select app_private.current_user_id()));`;

const USER_ID = `user_id integer not null default app_private.current_user_id()
  references public."user" (id) on delete cascade`;

const TABLES = `
  create table public.line (content text not null, ${USER_ID});
  ${OWNED('line')}
  grant select, delete, insert (content), update (content) on public.line to todo_user;

  create table public.place (id integer generated always as identity primary key, at point, data json,
    tags xml, ${USER_ID});
  ${OWNED('place')}
  grant select, delete, insert (at, data, tags), update (at, data, tags) on public.place to todo_user;

  create view public.open_task with (security_invoker) as
    select id, title from public.task where not completed;
  create view public.open_title with (security_invoker) as
    select title, count(*) as times from public.open_task group by title;
  grant select on public.open_task, public.open_title to todo_user;

  create view public.everyone with (security_invoker) as select login from app_private.psql_login;
  grant select on public.everyone to todo_user;
  create function public.how_many() returns bigint language sql stable
    begin atomic select count(*) from public.everyone; end;
  create function public.shout(what text) returns text language plpgsql stable
    as $$ begin return upper(what); end $$;
  create view public.shouted with (security_invoker) as select public.shout(title) as title from public.task;
  grant select on public.shouted to todo_user;
  grant execute on function public.how_many(), public.shout(text) to todo_user;
  select app_private.refresh_direct_views();`;

beforeAll(async () => {
  alice = await addUser(database.privileged);
  bob = await addUser(database.privileged);
  url = await logins.grant(alice);
  await database.owner.query(TABLES);
  session = await logins.open(url);
});

beforeEach(async () => {
  for (const table of ['task', 'line', 'place'])
    await database.privileged.query(`delete from public.${table}`);
  await addTask(database.privileged, alice, 'One');
  await addTask(database.privileged, bob, 'Bobs');
});

const rowsOf = async (sql: string, values: unknown[] = []) =>
  (await session.query(sql, values)).rows;

test('rows of a table without a primary key are read and inserted, and not changed', async () => {
  expect(await rowsOf("insert into line (content) values ('a'), ('a') returning content")).toEqual([
    { content: 'a' },
    { content: 'a' },
  ]);
  expect(await outcome(session.query("update line set content = 'b'"))).toBe('42501');
  expect(await outcome(session.query('delete from line'))).toBe('42501');
  expect(await rowsOf('select content, user_id from line')).toEqual([
    { content: 'a', user_id: alice },
    { content: 'a', user_id: alice },
  ]);
});

test('columns of types without equality are written, and another session’s change is noticed', async () => {
  const [{ id }] = await rowsOf(
    `insert into place (at, data, tags) values ('(1,2)', '{"a": 1}', '<b/>') returning id`,
  );
  const all = 'update place set id = id, at = at, data = data, tags = tags, user_id = user_id';
  expect(await outcome(session.query(all))).toBe('ok 1');
  expect(await rowsOf(`update place set data = '{"a": 2}', at = null returning data, at`)).toEqual([
    { data: { a: 2 }, at: null },
  ]);
  const second = await logins.open(url);
  await second.query("begin; update place set at = '(3,4)'");
  const waiting = outcome(session.query(`update place set data = '{"a": 3}' where id = $1`, [id]));
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
  await second.end();
  expect(await waiting).toBe('40001');
  expect(await outcome(session.query('delete from place'))).toBe('ok 1');
});

describe('a view of schema public', () => {
  test('is shown with the own rows, also when it reads another view', async () => {
    expect(await rowsOf('select title from open_task')).toEqual([{ title: 'One' }]);
    expect(await rowsOf('table open_title')).toEqual([{ title: 'One', times: '1' }]);
    const { rows } = await database.privileged.query('select from public.open_task');
    expect(rows).toHaveLength(2);
  });

  test('cannot be written', async () => {
    expect(await outcome(session.query("update open_task set title = 'x'"))).toBe('55000');
    expect(await outcome(session.query('delete from open_task'))).toBe('55000');
  });

  test.each([
    ['reads a table that todo_user may not read', 'table everyone', '42P01'],
    ['calls a function whose body is text', 'table shouted', '42P01'],
  ])('is not shown if it %s', async (_, sql, code) => {
    expect(await outcome(session.query(sql))).toBe(code);
    const { rows } = await database.privileged.query(`select from public.${sql.slice(6)}`);
    expect(rows.length).toBeGreaterThan(0);
  });

  test('that is not shown is in no function that is shown', async () => {
    expect(await outcome(session.query('select how_many()'))).toBe('42883');
  });
});

describe('a page', () => {
  const PAGE = 'select id, title from task order by id desc limit 200';

  test('reads no more rows than it shows, in an account of any size', async () => {
    await database.privileged.query(
      'insert into public.task (title, user_id) select $2 || n, $1 from generate_series(1, 20000) as n',
      [alice, 'Task '],
    );
    await database.privileged.query('analyze public.task');
    const rows = await rowsOf(`explain (analyze, format json) ${PAGE}`);
    const plan = JSON.stringify(rows);
    expect(plan).toMatch(/"Scan Direction": ?"Backward"/);
    expect(plan).not.toContain('"Node Type":"Sort"');
    const counts = [...plan.matchAll(/"Actual Rows":([\d.]+)/g)].map(([, count]) => Number(count));
    expect(counts.length).toBeGreaterThan(1);
    expect(Math.max(...counts)).toBe(200);
  });

  test('is planned with the settings of the server’s login', async () => {
    const show = `select name, setting from pg_settings
      where name in ('enable_bitmapscan', 'random_page_cost', 'jit') order by 1`;
    expect(await rowsOf(show)).toEqual((await database.authenticator.query(show)).rows);
    expect(await rowsOf(show)).toContainEqual({ name: 'jit', setting: 'off' });
  });
});

test('an update that matches no row changes nothing and says 0, whatever columns it names', async () => {
  const update = (id: unknown) =>
    outcome(
      session.query('update task set title = $2, user_id = $3 where id = $1', [id, 'x', bob]),
    );
  const { rows } = await database.privileged.query('select id, user_id, title from public.task');
  const idOf = (who: number) => rows.find(({ user_id }) => user_id === who)?.id;
  expect(await update(idOf(bob))).toBe('ok 0');
  expect(await update(idOf(alice))).toBe('42501');
  const after = await database.privileged.query('select id, user_id, title from public.task');
  expect(after.rows).toEqual(rows);
});

describe.runIf(HAS_PSQL)('psql', () => {
  test('\\copy writes rows from a file and reads them into one', async () => {
    const csv = 'title,completed\n"Bread, white",t\n"Say ""hello""",f\n';
    const copied = await psql(url, ['\\copy task (title, completed) from pstdin csv header'], csv);
    expect(copied).toEqual({ code: 0, stdout: 'COPY 2\n', stderr: '' });
    const { rows } = await database.privileged.query(
      'select title, completed, user_id from public.task where user_id = $1 order by id offset 1',
      [alice],
    );
    expect(rows).toEqual([
      { title: 'Bread, white', completed: true, user_id: alice },
      { title: 'Say "hello"', completed: false, user_id: alice },
    ]);
    const query = "select title, completed from task where title <> 'One' order by id";
    const out = await psql(url, [`\\copy (${query}) to pstdout csv header`]);
    expect(out).toMatchObject({ code: 0, stdout: csv });
  });

  test.each([
    ['a column that the login may not write', '(title, user_id)', 'x,$B', /42501.*column user_id/],
    ['a row that breaks a rule', '(title)', 'good\n""', /23514.*task_title_length/],
  ])('\\copy with %s writes nothing', async (_, columns, lines, message) => {
    const input = `${lines.replace('$B', String(bob))}\n`;
    const { code, stderr } = await psql(url, [`\\copy task ${columns} from pstdin csv`], input);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(message);
    expect(await rowsOf('select title from task')).toEqual([{ title: 'One' }]);
  });
});
