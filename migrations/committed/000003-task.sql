--! Previous: sha1:f8851fdb064792bb52e7f9a4f4aa102c321ef9d3
--! Hash: sha1:8f6975362f1f30c8348d56ec91ef2ea3d6d9ace5
--! Message: task

-- A task. It always has an owner: user_id is not null, references an existing user, goes with that
-- user, and is filled in from the identity. It is in no insert or update grant, so it can neither be
-- chosen nor changed by anybody the API or psql lets in.
create table public.task (
  id integer generated always as identity,
  title text not null,
  description text,
  completed boolean not null default false,
  user_id integer not null default app_private.current_user_id(),
  created_at timestamptz not null default now(),
  updated_at timestamptz,
  constraint task_pkey primary key (id),
  constraint task_title_length check (char_length(title) between 1 and 200),
  constraint task_title_not_blank check (title ~ '[^[:space:]]'),
  constraint task_description_length check (char_length(description) <= 10000),
  constraint task_user_id_fkey foreign key (user_id) references public."user" (id) on delete cascade
);

alter table public.task enable row level security;
alter table public.task force row level security;

-- A person's tasks, newest first, page by page: one index range, no sort. Also serves the cascade.
create index task_user_id_idx on public.task (user_id, id);
-- The same for "only open" and "only done".
create index task_user_id_completed_idx on public.task (user_id, completed, id);

create trigger _100_immutable
  before update on public.task
  for each row
  when (old.id is distinct from new.id or old.user_id is distinct from new.user_id
    or old.created_at is distinct from new.created_at)
  execute function app_private.refuse_change('id', 'user_id', 'created_at');

-- updated_at says when title, description or completed last changed, and only that: an update that
-- changes nothing leaves it alone. It moves strictly forward, so that a client can use it to notice
-- a change it has not seen, even one in the same microsecond or after a clock was set back.
create function app_private.touch_task() returns trigger
  language plpgsql
  set search_path = ''
as $$
begin
  new.updated_at := greatest(
    clock_timestamp(),
    old.created_at,
    old.updated_at + interval '1 microsecond'
  );
  return new;
end
$$;

create trigger _200_touch
  before update on public.task
  for each row
  when ((old.title, old.description, old.completed)
    is distinct from (new.title, new.description, new.completed))
  execute function app_private.touch_task();

create policy select_own on public.task for select
  using (user_id = (select app_private.current_user_id()));
create policy insert_own on public.task for insert
  with check (user_id = (select app_private.current_user_id()));
create policy update_own on public.task for update
  using (user_id = (select app_private.current_user_id()))
  with check (user_id = (select app_private.current_user_id()));
create policy delete_own on public.task for delete
  using (user_id = (select app_private.current_user_id()));

grant select, delete on public.task to todo_user;
grant insert (title, description, completed) on public.task to todo_user;
grant update (title, description, completed) on public.task to todo_user;
-- No grant on id, user_id, created_at or updated_at: they are the database's to give.

comment on table public.task is 'Something to do. Only its owner can see it.';
comment on column public.task.id is 'The task''s id.';
comment on column public.task.title is 'What is to be done: 1 to 200 characters, not blank.';
comment on column public.task.description is 'Details, if there are any: at most 10,000 characters.';
comment on column public.task.completed is 'Whether it is done.';
comment on column public.task.user_id is 'The owner: always the person who made the task.';
comment on column public.task.created_at is 'When the task was made.';
comment on column public.task.updated_at is
  'When title, description or completed last changed; null if they never did.';
comment on constraint task_title_length on public.task is 'title must be 1 to 200 characters';
comment on constraint task_title_not_blank on public.task is 'title must not be blank';
comment on constraint task_description_length on public.task is
  'description must be at most 10,000 characters';
comment on function app_private.touch_task() is 'Trigger: sets updated_at, strictly increasing.';
comment on trigger _100_immutable on public.task is 'id, user_id and created_at never change.';
comment on trigger _200_touch on public.task is 'Sets updated_at when the content changed.';
comment on policy select_own on public.task is 'A person sees their own tasks only.';
comment on policy insert_own on public.task is 'A task is made for the person who makes it.';
comment on policy update_own on public.task is 'Only one''s own task, and it stays one''s own.';
comment on policy delete_own on public.task is 'Only one''s own task.';
