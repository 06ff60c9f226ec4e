/**
 * Mistakes of a migration that the API notices: two objects with one name, a type that it cannot serve. Each
 * is one sentence with the fix at the reload, and the last schema is still served.
 */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { describeError } from '../../../src/errors.ts';
import { reservedWord } from '../../../src/migrate/sql-error.ts';
import { useTestDatabase } from '../../support/database.ts';
import { useTestServer } from '../../support/server.ts';

const database = useTestDatabase();
const server = useTestServer(database);

const owned = (name: string, column: string) => `
  create table public.${name} (
    id integer generated always as identity primary key,
    ${column},
    user_id integer not null default app_private.current_user_id()
      references public."user" (id) on delete cascade
  );
  grant select on public.${name} to todo_user;`;

describe('two objects of one name', () => {
  test.each([
    [
      'a table like a type of the API',
      owned('query', 'x text'),
      'The API has a type Query already, so the table query cannot have that name.',
      'drop table public.query',
    ],
    [
      'a function like a table',
      `create function public.task() returns integer language sql stable return 1;
       grant execute on function public.task() to todo_user`,
      'Two objects would be called task in the API: a function accepting 0 parameters that returns int4 and the table public.task.',
      'drop function public.task()',
    ],
    [
      'a column like the relation to the owner',
      owned('thing', '"user" text'),
      'Two fields of Thing would be called user in the API: the column user and the relation userByMyUserId.',
      'drop table public.thing',
    ],
    [
      'two columns of one field',
      owned('thing', 'due_on date, "dueOn" date'),
      'Two fields of Thing would be called dueOn in the API: the column due_on and the column dueOn.',
      'drop table public.thing',
    ],
  ])('%s', async (_, sql, sentence, undo) => {
    await database.owner.query(sql);
    try {
      const error = await server.reload().catch((reason: unknown) => reason);
      const lines = describeError(error).split('\n');
      expect(lines[0]).toBe(sentence);
      expect(lines[1]).toMatch(/^ {2}Fix: (choose another name|rename)/);
      expect(lines).toHaveLength(2);
      expect((await server.ask(1, '{ me { id } }')).body).toEqual({ data: { me: { id: 1 } } });
    } finally {
      await database.owner.query(undo);
    }
  });
});

describe('a type that PostGraphile cannot serve', () => {
  afterEach(() => vi.restoreAllMocks());

  test('is one line that names the column; the rest of the table is served', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    await database.owner.query(owned('place', 'name text, at pg_lsn'));
    await server.reload();
    expect(server.log.filter((line) => line.includes('pg_lsn'))).toEqual([
      'The API leaves out place.at: it has no form for the type pg_lsn. Fix: use another type, text for example.',
    ]);
    expect(warn).not.toHaveBeenCalled();
    const { body } = await server.ask(1, '{ __type(name: "Place") { fields { name } } }');
    const names = body.data.__type.fields.map(({ name }: { name: string }) => name);
    expect(names).toContain('name');
    expect(names).not.toContain('at');
    await database.owner.query('drop table public.place');
  });
});

test.each([
  ['create table order (id integer)', /^"order" is a reserved word of SQL\./],
  ['alter table public.task add column when date', /^"when" is a reserved word of SQL\./],
  ['create tabel x (id integer)', undefined],
  ['select * from nowhere', undefined],
])('%s', async (sql, hint) => {
  const error = await database.owner.query(sql).catch((reason: Error) => reason);
  const found = await reservedWord(database.owner, error as Parameters<typeof reservedWord>[1]);
  if (hint) expect(found).toMatch(hint);
  else expect(found).toBeUndefined();
});
