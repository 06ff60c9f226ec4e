/**
 * Schema direct while migrations run: what an existing personal login sees after `watch`, `commit` and
 * `migrate`, and after each of them has failed. The login's session stays open all the time.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { calculateHash } from 'graphile-migrate/dist/hash.js';
import type { Client } from 'pg';
import { beforeAll, expect, inject, test } from 'vitest';
import { readCommitted } from '../../src/migrate/committed.ts';
import { useCheckout } from '../support/checkout.ts';
import { outcome, useTestDatabase } from '../support/database.ts';
import { addTask, addUser, usePsqlLogins } from '../support/people.ts';
import { HAS_PSQL, psql } from '../support/psql.ts';

const database = useTestDatabase();
const logins = usePsqlLogins(database);
const checkout = useCheckout(() => ({
  DATABASE_URL: database.urls.owner,
  AUTH_DATABASE_URL: database.urls.authenticator,
  ROOT_DATABASE_URL: inject('rootUrl'),
  JWT_SECRET: 'not-used-by-these-commands-at-all',
  JWT_ISSUER: 'https://sign-in.example.com',
  JWT_AUDIENCE: 'rowguard',
}));
let url: string;
let session: Client;

beforeAll(async () => {
  const alice = await addUser(database.privileged);
  await addTask(database.privileged, alice, 'Mine');
  url = await logins.grant(alice);
  session = await logins.open(url);
});

const rowsOf = async (sql: string) => (await session.query(sql)).rows;

/** Runs current.sql once, as a save does. */
async function save(sql: string): Promise<string> {
  checkout.save(sql);
  const { code, stderr } = await checkout.db('watch', '--once');
  return code === 0 ? 'ok' : stderr;
}

const COLUMN = `alter table public.task drop column if exists priority;
alter table public.task add column priority integer not null default 0;
grant insert (priority), update (priority) on public.task to todo_user;
comment on column public.task.priority is 'How urgent it is.';`;

const TABLE = `drop table if exists public.note;
create table public.note (
  id integer generated always as identity,
  body text not null,
  user_id integer not null default app_private.current_user_id(),
  constraint note_pkey primary key (id),
  constraint note_body_length check (char_length(body) between 1 and 200),
  constraint note_user_id_fkey foreign key (user_id) references public."user" (id) on delete cascade
);
alter table public.note enable row level security;
alter table public.note force row level security;
create index note_user_id_idx on public.note (user_id, id);
create trigger _100_immutable before update on public.note for each row
  when (old.id is distinct from new.id or old.user_id is distinct from new.user_id)
  execute function app_private.refuse_change('id', 'user_id');
create policy select_own on public.note for select
  using (user_id = (select app_private.current_user_id()));
create policy insert_own on public.note for insert
  with check (user_id = (select app_private.current_user_id()));
create policy update_own on public.note for update
  using (user_id = (select app_private.current_user_id()))
  with check (user_id = (select app_private.current_user_id()));
create policy delete_own on public.note for delete
  using (user_id = (select app_private.current_user_id()));
grant select, delete, insert (body), update (body) on public.note to todo_user;
comment on table public.note is 'A note.';
comment on column public.note.id is 'The note''s id.';
comment on column public.note.body is 'The text: 1 to 200 characters.';
comment on column public.note.user_id is 'The owner.';
comment on constraint note_body_length on public.note is 'body must be 1 to 200 characters';`;

/** What an earlier test left is undone, so that each runs alone too. */
const CLEAN =
  'drop table if exists public.note; alter table public.task drop column if exists priority;';

test('a save of current.sql gives existing logins a column and a table at once', async () => {
  expect(await rowsOf('select title from task')).toEqual([{ title: 'Mine' }]);
  expect(await save(`${COLUMN}\n${TABLE}`)).toBe('ok');
  expect(await rowsOf('update task set priority = 3 returning priority')).toEqual([
    { priority: 3 },
  ]);
  expect(await rowsOf("insert into note (body) values ('First') returning body")).toEqual([
    { body: 'First' },
  ]);
  if (HAS_PSQL)
    expect(await psql(url, ['select priority from task', 'select body from note'])).toMatchObject({
      code: 0,
      stdout: '3\nFirst\n',
    });
});

test('a save drops columns and tables and alters types that the views show', async () => {
  expect(await save(`${COLUMN}\n${TABLE}`)).toBe('ok');
  const sql = `alter table public.task alter column priority type text using priority::text;
alter table public.task alter column priority set default 'none';
alter table public.note rename column body to content;`;
  expect(await save(sql)).toBe('ok');
  expect(await rowsOf("insert into task (title) values ('More') returning priority")).toEqual([
    { priority: 'none' },
  ]);
  expect(await outcome(session.query('select content from note'))).toMatch(/^ok/);
  expect(await save(CLEAN)).toBe('ok');
  expect((await session.query('table task')).fields.map(({ name }) => name)).not.toContain(
    'priority',
  );
  expect(await outcome(session.query('table note'))).toBe('42P01');
});

test('a failed save leaves the views as they were', async () => {
  expect(await save(`${CLEAN}\n${TABLE}`)).toBe('ok');
  expect(await save('drop table public.note; select 1 / 0;')).toContain('division by zero');
  expect(await outcome(session.query('table note'))).toBe('ok 0');
  expect(await save('drop table public.note; alter tabel x;')).toContain('syntax error');
  expect(await outcome(session.query("insert into note (body) values ('x')"))).toBe('ok 1');
});

test('a commit shows its table, and a refused commit leaves the views as they were', {
  timeout: 240_000,
}, async () => {
  expect(await save(CLEAN)).toBe('ok');
  checkout.save(`${TABLE}\nselect 1 / 0;`);
  expect((await checkout.db('commit', '-m', 'refused')).code).toBe(1);
  expect(await outcome(session.query("update task set title = 'Still'"))).toMatch(/^ok [1-9]/);
  checkout.save(TABLE);
  expect((await checkout.db('commit', '-m', 'notes')).stderr).toMatch(/^Committed\./m);
  expect(await outcome(session.query("insert into note (body) values ('x')"))).toBe('ok 1');
  expect(await outcome(session.query('update note set body = $$y$$'))).toBe('ok 1');
});

/** Adds a committed file, as a pull does. */
function addCommitted(name: string, body: string): void {
  const folder = join(checkout.root, 'migrations');
  const previous = readCommitted(folder).at(-1)?.hash ?? '';
  const text = `--! Previous: ${previous}\n--! Hash: ${calculateHash(body, previous)}\n\n${body}`;
  writeFileSync(join(folder, 'committed', name), text);
}

test('migrate shows a new column, and a failed migrate leaves the views as they were', async () => {
  addCommitted('000090-priority.sql', `${COLUMN}\n`);
  expect(await checkout.db('migrate')).toMatchObject({ code: 0 });
  expect(await outcome(session.query('update task set priority = 5'))).toMatch(/^ok [1-9]/);
  addCommitted(
    '000091-broken.sql',
    'alter table public.task drop column priority;\nselect 1 / 0;\n',
  );
  const { code, stderr } = await checkout.db('migrate');
  expect(code).toBe(1);
  expect(stderr).toContain('division by zero');
  expect(await rowsOf('select distinct priority from task')).toEqual([{ priority: 5 }]);
  expect(await outcome(session.query("insert into task (title) values ('After')"))).toBe('ok 1');
});
