/** Rows that a save of current.sql would delete are counted before it runs. */
import { describe, expect, test } from 'vitest';
import { describeLoss, dropsOf, lossesOf } from '../../src/migrate/losses.ts';
import { useTestDatabase } from '../support/database.ts';
import { addTask, addUser } from '../support/people.ts';

describe('what a text drops', () => {
  test.each([
    ['drop table public.list;', ['public.list']],
    ['DROP TABLE IF EXISTS list, public.tag cascade;', ['public.list', 'public.tag']],
    ['drop table list; create table public.list (id integer);', ['public.list again']],
    ['alter table task drop column if exists due;', ['public.task.due']],
    ['alter table public.task drop due, add priority integer;', ['public.task.due']],
    ['alter table task drop column due, add column due date;', ['public.task.due again']],
    ['truncate public.list, only tag;', ['public.list', 'public.tag']],
    ['alter table task drop constraint c, alter title drop default;', []],
    ['alter table task alter title drop not null;', []],
    ['-- drop table public.list;\nselect 1;', []],
    ["select 'drop table public.list';", []],
    ['drop view public.open_task; drop function f();', []],
  ])('%s', (sql, names) => {
    const found = dropsOf(sql).map(
      ({ table, column, remade }) =>
        `${table}${column ? `.${column}` : ''}${remade ? ' again' : ''}`,
    );
    expect(found).toEqual(names);
  });
});

describe('what is lost', () => {
  const database = useTestDatabase();

  test('rows and values are counted, of everybody, and nothing changes', async () => {
    const person = await addUser(database.privileged);
    await addTask(database.privileged, person, 'one');
    await addTask(database.privileged, person, 'two');
    const sql = `drop table if exists public.task cascade; drop table public.nothing;
      alter table public.task drop column description, drop column title;
      create table public.task (id integer);`;
    const losses = await lossesOf(database.owner, sql);
    expect(losses.map(describeLoss)).toEqual([
      'migrations/current.sql drops public.task and makes it again: 2 rows are lost.',
      'migrations/current.sql drops the column title of public.task: 2 values are lost for good.',
    ]);
    const { rows } = await database.privileged.query(
      `select relforcerowsecurity as forced, (select count(*)::integer from public.task) as tasks
       from pg_class where oid = 'public.task'::regclass`,
    );
    expect(rows).toEqual([{ forced: true, tasks: 2 }]);
  });

  test('a run that graphile-migrate skips loses nothing: only a comment has changed', async () => {
    const sql = 'drop table if exists public.task cascade;';
    const keep = `insert into graphile_migrate.current (content) values ($1)
      on conflict (filename) do update set content = excluded.content`;
    await database.owner.query(keep, [`${sql}\n`]);
    expect(await lossesOf(database.owner, `-- Saved again.\n${sql} /* later */`)).toEqual([]);
    expect(await lossesOf(database.owner, `${sql} drop table public.gone;`)).toHaveLength(1);
    await database.owner.query('delete from graphile_migrate.current');
  });
});
