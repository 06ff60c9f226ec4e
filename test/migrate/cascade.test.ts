/** What a migration takes along by cascade, and what of the API it breaks. */
import { beforeEach, describe, expect, test } from 'vitest';
import { apiChanges, describeLosses } from '../../src/migrate/breaking.ts';
import { objectsOf, takenAlong } from '../../src/migrate/cascade.ts';
import { useTestDatabase } from '../support/database.ts';

const database = useTestDatabase();

/** Runs the SQL and rolls it back. */
async function along(sql: string): Promise<string[]> {
  const { owner } = database;
  await owner.query('begin');
  try {
    const before = await objectsOf(owner);
    await owner.query(sql);
    return takenAlong(before, await objectsOf(owner), sql);
  } finally {
    await owner.query('rollback');
  }
}

describe('cascade', () => {
  beforeEach(() =>
    database.owner
      .query(`
      drop table if exists public.list cascade;
      create table public.list (id integer primary key, name text, mark integer);
      create table public.entry (id integer, list_id integer constraint entry_list references public.list (id));
      alter table public.list enable row level security;
      create policy only_marked on public.list using (mark > 0);
      create function app_private.note() returns trigger language plpgsql as $$ begin return new; end $$;
      create trigger _900_note before update on public.list for each row
        when (old.mark is distinct from new.mark) execute function app_private.note();
      create view public.marked with (security_invoker) as select id, mark from public.list;
      create function public.list_mark(list public.list) returns integer language sql stable
        begin atomic select list.mark; end;`)
      .then(() => {}),
  );
  afterEachDrop();

  test('a column takes its triggers, policies, views and functions along', async () =>
    expect(await along('alter table public.list drop column mark cascade')).toEqual([
      'function public.list_mark(list list)',
      'policy only_marked on public.list',
      'trigger _900_note on public.list',
      'view public.marked',
    ]));
  test('a table takes foreign keys of others along; its own triggers are part of it', async () =>
    expect(await along('drop table public.list cascade')).toEqual([
      'foreign key entry_list of public.entry',
      'function public.list_mark(list list)',
      'view public.marked',
    ]));
  test('what the SQL drops by name is meant', async () =>
    expect(
      await along(`drop trigger _900_note on public.list; drop policy if exists "only_marked" on public.list;
        drop function public.list_mark(public.list); drop view public.marked;
        alter table public.list drop column mark;`),
    ).toEqual([]));
  test('what is made again or renamed is not lost', async () =>
    expect(
      await along(`alter trigger _900_note on public.list rename to _901_note;
        do $$ begin execute 'drop view public.marked; create view public.marked as select 1 as id'; end $$;`),
    ).toEqual([]));
});

function afterEachDrop(): void {
  beforeEach(() => async () => {
    await database.owner.query(
      'drop table public.list, public.entry cascade; drop function app_private.note()',
    );
  });
}

const API = `type Query { task(id: Int!): Task me: String! }
  type Task { id: Int! title: String! state: State }
  enum State { open done }
  input TaskInput { title: String! }`;

describe('the API', () => {
  test.each([
    ['a field', 'state: State', '', 'Task.state was removed.'],
    ['a type', 'title: String!', 'title: Int!', 'Task.title changed type from String! to Int!.'],
    ['null', 'me: String!', 'me: String', 'Query.me changed type from String! to String.'],
    ['an argument', '(id: Int!)', '', 'Query.task arg id was removed.'],
    ['an enum value', 'open done', 'open', 'done was removed from enum type State.'],
    [
      'a required input',
      '{ title: String! }',
      '{ title: String! at: Int! }',
      'A required field at on input type TaskInput was added.',
    ],
  ])('%s: breaking', (_what, from, to, sentence) =>
    expect(apiChanges(API, API.replace(from, to))).toEqual({ breaking: [sentence], dangerous: [] }),
  );
  test('what is added breaks nothing; a new enum value is dangerous', () => {
    expect(apiChanges(API, API.replace('type Task {', 'type Task { more: Int'))).toEqual({
      breaking: [],
      dangerous: [],
    });
    const { breaking, dangerous } = apiChanges(API, API.replace('open done', 'open done later'));
    expect([breaking, dangerous]).toEqual([[], ['later was added to enum type State.']]);
    expect(describeLosses({ breaking, dangerous }, [])).toBe('');
  });
  test('a long list ends with the number of the rest', () => {
    const breaking = Array.from({ length: 43 }, (_, i) => `change ${i}`);
    expect(describeLosses({ breaking, dangerous: [] }, [])).toMatch(/change 39\n {2}and 3 more$/);
  });
});
