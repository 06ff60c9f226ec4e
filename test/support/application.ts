/**
 * An application on top of the shipped migrations, for the test that the framework's tests do not depend
 * on one: the tutorial's lists, a column `priority` on task, a reference table, a view, and a join table
 * without `id`. Writes into the given copy of the checkout only.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { calculateHash } from 'graphile-migrate/dist/hash.js';
import { readCommitted } from '../../src/migrate/committed.ts';

const MORE = `
alter table public.task add column priority integer not null default 0;
grant insert (priority), update (priority) on public.task to todo_user;
comment on column public.task.priority is 'How urgent it is.';

create table public.country (code text primary key, name text not null);
alter table public.country enable row level security;
alter table public.country force row level security;
create policy select_all on public.country for select using (true);
grant select on public.country to todo_user;

create view public.open_task with (security_invoker) as
  select id, title, priority from public.task where not completed;
grant select on public.open_task to todo_user;

create table public.task_country (
  task_id integer not null references public.task (id) on delete cascade,
  code text not null references public.country (code),
  user_id integer not null default app_private.current_user_id()
    references public."user" (id) on delete cascade,
  primary key (user_id, task_id, code)
);
alter table public.task_country enable row level security;
alter table public.task_country force row level security;
create policy select_own on public.task_country for select
  using (user_id = (select app_private.current_user_id()));
create policy insert_own on public.task_country for insert
  with check (user_id = (select app_private.current_user_id()));
create policy delete_own on public.task_country for delete
  using (user_id = (select app_private.current_user_id()));
grant select, delete, insert (task_id, code) on public.task_country to todo_user;
`;

/** Commits the files without the doctor, which has no kind for a reference table yet. */
export function commitApplication(root: string): void {
  const tutorial = readFileSync(join(root, 'docs/adding-a-table.md'), 'utf8');
  const lists = /^```sql\n([\s\S]*?)^```$/m.exec(tutorial)?.[1];
  if (!lists) throw new Error('docs/adding-a-table.md has no sql block');
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
