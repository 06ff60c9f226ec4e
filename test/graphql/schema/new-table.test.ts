/** A table that a migration adds has the whole API, without a line of TypeScript. */
import { beforeAll, expect, test } from 'vitest';
import { useTestDatabase } from '../../support/database.ts';
import { useTestServer } from '../../support/server.ts';
import { dataOf, errorOf } from '../../support/tasks.ts';

const database = useTestDatabase();
beforeAll(async () => {
  await database.owner.query(`
    create table public.note (
      id integer generated always as identity,
      body text not null,
      remark text,
      pinned boolean not null default false,
      weight integer not null default 0,
      user_id integer not null default app_private.current_user_id(),
      due_at timestamptz,
      updated_at timestamptz,
      constraint note_pkey primary key (id),
      constraint note_body_not_blank check (body ~ '[^[:space:]]'),
      constraint note_user_id_fkey foreign key (user_id) references public."user" (id) on delete cascade
    );
    alter table public.note enable row level security;
    alter table public.note force row level security;
    create index note_user_id_idx on public.note (user_id, id);
    create policy select_own on public.note for select using (user_id = (select app_private.current_user_id()));
    create policy insert_own on public.note for insert with check (user_id = (select app_private.current_user_id()));
    create policy update_own on public.note for update using (user_id = (select app_private.current_user_id()))
      with check (user_id = (select app_private.current_user_id()));
    create policy delete_own on public.note for delete using (user_id = (select app_private.current_user_id()));
    grant select, delete on public.note to todo_user;
    grant insert (body, remark, pinned, weight, due_at), update (body, remark, pinned, weight, due_at) on public.note to todo_user;
    create trigger _200_touch before update on public.note for each row execute function app_private.touch();
    comment on table public.note is 'Something to remember.';
    comment on constraint note_body_not_blank on public.note is 'body must not be blank';`);
});
const server = useTestServer(database);

const WHO = 111;
const CREATE =
  'mutation ($note: NoteInput!) { createNote(input: {note: $note}) { note { id updatedAt user { id } } } }';

const namesOf = async (type: string, what: string): Promise<string[]> => {
  const { t } = dataOf(
    await server.ask(
      WHO,
      `{ t: __type(name: "${type}") { description ${what} { name description } } }`,
    ),
  );
  expect(t[what].filter(({ description }: { description?: string }) => !description)).toEqual([]);
  return t[what].map(({ name }: { name: string }) => name).sort();
};

test('filters and orders follow the types of its columns', async () => {
  expect(await namesOf('NoteCondition', 'inputFields')).toEqual(
    [
      ...['pinned', 'search', 'remarkIsNull', 'dueBefore', 'dueSince', 'dueIsNull'],
      ...['updatedBefore', 'updatedSince', 'updatedIsNull'],
      ...['weight', 'weightSince', 'weightBefore', 'weightIn', 'weightNot'],
    ].sort(),
  );
  expect(await namesOf('NoteOrderBy', 'enumValues')).toEqual(
    ['BODY', 'DUE_AT', 'ID', 'PINNED', 'UPDATED_AT', 'WEIGHT']
      .flatMap((column) => [`${column}_ASC`, `${column}_DESC`])
      .sort(),
  );
});

test('a person writes and reads their own rows of it, and nobody else’s', async () => {
  const { createNote } = dataOf(
    await server.ask(WHO, CREATE, { note: { body: 'mine', weight: 2 } }),
  );
  expect(createNote.note.user).toEqual({ id: WHO });
  const found = async (who: number) =>
    dataOf(
      await server.ask(
        who,
        '{ me { notes(condition: {search: "MINE", weight: 2}, orderBy: DUE_AT_DESC) { totalCount } } }',
      ),
    ).me.notes.totalCount;
  expect([await found(WHO), await found(112)]).toEqual([1, 0]);
});

test('its update and delete take expectedUpdatedAt and say what was not there', async () => {
  const { createNote } = dataOf(await server.ask(WHO, CREATE, { note: { body: 'a' } }));
  const { id } = createNote.note;
  const update = `mutation { updateNote(input: {id: ${id}, patch: {body: "b"}, expectedUpdatedAt: null}) { note { body } } }`;
  expect(dataOf(await server.ask(WHO, update)).updateNote.note.body).toBe('b');
  expect(errorOf(await server.ask(WHO, update))[0]).toBe('CONFLICT');
  expect(errorOf(await server.ask(112, update))[0]).toBe('NOT_FOUND');
  const remove = `mutation { deleteNote(input: {id: ${id}}) { note { body } } }`;
  expect(errorOf(await server.ask(112, remove))[0]).toBe('NOT_FOUND');
  expect(dataOf(await server.ask(WHO, remove)).deleteNote.note.body).toBe('b');
});

test('its constraints speak in their own sentences', async () =>
  expect(errorOf(await server.ask(WHO, CREATE, { note: { body: ' ' } }))).toEqual([
    'BAD_USER_INPUT',
    'body must not be blank.',
  ]));
