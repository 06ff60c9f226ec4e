/**
 * An application on top of the shipped migrations: the tutorial's lists and MORE. The framework's tests do not
 * depend on it (test/independence.test.ts), and test/app is green with its rows of data. Writes into the given
 * copy of the checkout only.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { calculateHash } from 'graphile-migrate/dist/hash.js';
import { readCommitted } from '../../src/migrate/committed.ts';

/** Tags (many to many), priority and due date, a view, a reference table, an owner column of another name. */
export const MORE = `
drop function if exists public.urgent_count(integer);
drop view if exists public.open_task;
drop table if exists public.task_tag;
drop table if exists public.tag;
drop table if exists public.entry;
alter table public.task drop column if exists country_code;
drop table if exists public.country;
alter table public.task drop constraint if exists task_user_id_id_key;
alter table public.task drop column if exists priority, drop column if exists due_on;

alter table public.task add column priority integer not null default 0, add column due_on date;
grant insert (priority, due_on), update (priority, due_on) on public.task to todo_user;
comment on column public.task.priority is 'How urgent it is.';
comment on column public.task.due_on is 'The day on which it is due.';

create table public.tag (
  id integer generated always as identity,
  name text not null,
  user_id integer not null default app_private.current_user_id(),
  constraint tag_pkey primary key (id),
  constraint tag_user_id_name_key unique (user_id, name),
  constraint tag_user_id_id_key unique (user_id, id),
  constraint tag_user_id_fkey foreign key (user_id) references public."user" (id) on delete cascade
);
alter table public.tag enable row level security;
alter table public.tag force row level security;
create trigger _100_immutable before update on public.tag for each row
  when (old.id is distinct from new.id or old.user_id is distinct from new.user_id)
  execute function app_private.refuse_change('id', 'user_id');
create policy select_own on public.tag for select
  using (user_id = (select app_private.current_user_id()));
create policy insert_own on public.tag for insert
  with check (user_id = (select app_private.current_user_id()));
create policy update_own on public.tag for update
  using (user_id = (select app_private.current_user_id()))
  with check (user_id = (select app_private.current_user_id()));
create policy delete_own on public.tag for delete
  using (user_id = (select app_private.current_user_id()));
grant select, delete, insert (name), update (name) on public.tag to todo_user;
comment on table public.tag is 'A word for tasks.';

alter table public.task no force row level security;
alter table public.task add constraint task_user_id_id_key unique (user_id, id);
create table public.task_tag (
  task_id integer not null,
  tag_id integer not null,
  user_id integer not null default app_private.current_user_id(),
  constraint task_tag_pkey primary key (user_id, task_id, tag_id),
  constraint task_tag_task_id_fkey foreign key (user_id, task_id)
    references public.task (user_id, id) on delete cascade,
  constraint task_tag_tag_id_fkey foreign key (user_id, tag_id)
    references public.tag (user_id, id) on delete cascade,
  constraint task_tag_user_id_fkey foreign key (user_id) references public."user" (id) on delete cascade
);
alter table public.task force row level security;
alter table public.task_tag enable row level security;
alter table public.task_tag force row level security;
create index task_tag_user_id_tag_id_idx on public.task_tag (user_id, tag_id);
create trigger _100_immutable before update on public.task_tag for each row
  when (old.user_id is distinct from new.user_id) execute function app_private.refuse_change('user_id');
create policy select_own on public.task_tag for select
  using (user_id = (select app_private.current_user_id()));
create policy insert_own on public.task_tag for insert
  with check (user_id = (select app_private.current_user_id()));
create policy delete_own on public.task_tag for delete
  using (user_id = (select app_private.current_user_id()));
grant select, delete, insert (task_id, tag_id) on public.task_tag to todo_user;
comment on table public.task_tag is 'Which task has which tag.';
comment on constraint task_tag_task_id_fkey on public.task_tag is
  E'@fieldName task\\n@foreignFieldName taskTags\\nThere is no such task';
comment on constraint task_tag_tag_id_fkey on public.task_tag is
  E'@fieldName tag\\n@foreignFieldName taskTags\\nThere is no such tag';

create view public.open_task with (security_invoker) as
  select id, title, priority from public.task where not completed;
grant select on public.open_task to todo_user;
comment on view public.open_task is 'What is left to do.';

create table public.country (
  code text, name text not null, constraint country_pkey primary key (code)
);
insert into public.country (code, name) values ('de', 'Germany'), ('fr', 'France'), ('it', 'Italy');
alter table public.country enable row level security;
alter table public.country force row level security;
create policy select_all on public.country for select
  using ((select app_private.current_user_id()) is not null);
grant select on public.country to todo_user;
comment on table public.country is E'@reference\\nA country.';

create table public.entry (
  id integer generated always as identity,
  body text not null,
  author_id integer not null default app_private.current_user_id(),
  constraint entry_pkey primary key (id),
  constraint entry_author_id_fkey foreign key (author_id) references public."user" (id) on delete cascade
);
alter table public.entry enable row level security;
alter table public.entry force row level security;
create index entry_author_id_idx on public.entry (author_id, id);
create trigger _100_immutable before update on public.entry for each row
  when (old.id is distinct from new.id or old.author_id is distinct from new.author_id)
  execute function app_private.refuse_change('id', 'author_id');
create policy select_own on public.entry for select
  using (author_id = (select app_private.current_user_id()));
create policy insert_own on public.entry for insert
  with check (author_id = (select app_private.current_user_id()));
create policy update_own on public.entry for update
  using (author_id = (select app_private.current_user_id()))
  with check (author_id = (select app_private.current_user_id()));
create policy delete_own on public.entry for delete
  using (author_id = (select app_private.current_user_id()));
grant select, delete, insert (body), update (body) on public.entry to todo_user;
comment on table public.entry is E'@owner author_id\\nA line of a diary.';

create function public.urgent_count(at_least integer) returns integer
  language plpgsql stable set search_path = ''
as $$
begin
  return (select count(*) from public.task as t where t.priority >= at_least);
end
$$;
grant execute on function public.urgent_count(integer) to todo_user;
comment on function public.urgent_count(integer) is 'How many tasks are that urgent.';
`;

/** What MORE adds to test/app/rows.ts after the tutorial's edit: text to insert behind these marks. */
const MORE_ROWS: Readonly<Record<string, string>> = {
  "'public.task': {": `
      priority: { value: 7, writable: true },
      due_on: { value: '2030-01-31', writable: true },`,
  'tables: [': `
    {
      sql: 'public.tag',
      type: 'Tag',
      list: 'tags',
      deletable: true,
      columns: { name: { value: '$M $N', writable: true } },
    },
    {
      sql: 'public.task_tag',
      type: 'TaskTag',
      list: 'taskTags',
      key: ['task_id', 'tag_id'],
      deletable: true,
      columns: {
        task_id: { refers: 'public.task', writable: 'insert' },
        tag_id: { refers: 'public.tag', writable: 'insert' },
      },
    },
    {
      sql: 'public.open_task',
      type: 'OpenTask',
      list: 'openTasks',
      viewOf: 'public.task',
      columns: { title: { value: '$M title' }, priority: { value: 0 } },
    },
    {
      sql: 'public.country',
      type: 'Country',
      list: 'countries',
      reference: true,
      key: ['code'],
      columns: { code: { value: 'de' }, name: { value: 'Germany' } },
    },
    {
      sql: 'public.entry',
      type: 'Entry',
      list: 'entries',
      owner: 'author_id',
      deletable: true,
      columns: { body: { value: '$M body', writable: true } },
    },`,
  'functions: [': `
    {
      name: 'public.urgent_count(integer)',
      call: 'select public.urgent_count(1)',
      field: 'Query.urgentCount',
      input: { atLeast: '1' },
    },`,
};

/** Commits the files without the doctor, which has no kind for a reference table yet. */
export function commitApplication(root: string): void {
  const lists = listsOf(root);
  for (const [name, body] of [
    ['000090-lists.sql', lists],
    ['000091-more.sql', MORE],
  ] as const) {
    const folder = join(root, 'migrations');
    const previous = readCommitted(folder).at(-1)?.hash ?? '';
    const hash = calculateHash(body, previous);
    const text = `--! Previous: ${previous}\n--! Hash: ${hash}\n\n${body}`;
    writeFileSync(join(folder, 'committed', name), text);
  }
}

/** The migration of docs/adding-a-table.md. */
function listsOf(root: string): string {
  const tutorial = readFileSync(join(root, 'docs/adding-a-table.md'), 'utf8');
  const lists = /^```sql\n([\s\S]*?)^```$/m.exec(tutorial)?.[1];
  if (!lists) throw new Error('docs/adding-a-table.md has no sql block');
  return lists;
}

/** The tutorial's edit of test/app/rows.ts: its block in place of the empty ADDED. */
export function addTutorialRows(root: string): void {
  const tutorial = readFileSync(join(root, 'docs/adding-a-table.md'), 'utf8');
  const block = /^```ts fragment\n(const ADDED: Added = \{[\s\S]*?^\};)\n```$/m.exec(tutorial)?.[1];
  if (!block) throw new Error('docs/adding-a-table.md has no block of rows');
  edit(root, /^const ADDED: Added = \{[\s\S]*?^\};$/m, () => block);
}

/** After addTutorialRows: the rows of MORE. */
export function addMoreRows(root: string): void {
  for (const [mark, rows] of Object.entries(MORE_ROWS)) edit(root, mark, () => `${mark}${rows}`);
}

function edit(root: string, what: string | RegExp, change: () => string): void {
  const file = join(root, 'test/app/rows.ts');
  const before = readFileSync(file, 'utf8');
  const after = before.replace(what, change);
  if (after === before) throw new Error(`test/app/rows.ts has no ${what}`);
  writeFileSync(file, after);
}
