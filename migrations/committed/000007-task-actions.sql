--! Previous: sha1:e1f89098788726d9c41f4128c72248d732e4e82b
--! Hash: sha1:6df071875bf74e8d957aa0ed691be0d022df8b09
--! Message: task-actions

-- What the API offers for tasks beyond one row at a time, in SQL, so that psql has it as well: an order
-- by time that an index serves, two changes to many tasks at once, and a create that can be repeated.

-- A person's tasks by time of creation, and those made between two times: one index range, no sort.
create index task_user_id_created_at_idx on public.task (user_id, created_at, id);

-- Each of the two is one statement; the policies, not a condition here, say whose tasks it reaches.
create function public.set_all_tasks_completed(completed boolean) returns integer
  language sql volatile strict
begin atomic
  with changed as (
    update public.task as t set completed = set_all_tasks_completed.completed
    where t.completed <> set_all_tasks_completed.completed
    returning 1
  )
  select count(*)::integer from changed;
end;

create function public.clear_completed_tasks() returns integer
  language sql volatile
begin atomic
  with gone as (delete from public.task as t where t.completed returning 1)
  select count(*)::integer from gone;
end;

grant execute on function public.set_all_tasks_completed(boolean) to todo_user;
grant execute on function public.clear_completed_tasks() to todo_user;

comment on function public.set_all_tasks_completed(boolean) is
  E'@param completed Whether they are to be done.\nMarks all tasks as done, or as not done, and counts those it changed.';
comment on function public.clear_completed_tasks() is
  'Deletes all tasks that are done, and counts them.';

-- Which creates have been done: a client that did not get its answer sends the same request with the
-- same key again, and must not make a second task. What was asked for is kept as a digest only, enough
-- to notice a key that is used for something else. No row level security here on purpose, as on
-- psql_login: no role but the owner holds any right on it, and the one function that uses it names the
-- person. task_id references nothing: a deleted task must not let a late repetition make it again.
create table app_private.task_request (
  user_id integer not null,
  key text not null,
  digest bytea not null,
  task_id integer,
  created_at timestamptz not null default now(),
  constraint task_request_pkey primary key (user_id, key),
  constraint task_request_key_length check (char_length(key) between 1 and 200),
  constraint task_request_user_id_fkey foreign key (user_id)
    references public."user" (id) on delete cascade
);

comment on table app_private.task_request is
  'The keys of creates done in the last 24 hours, so that each is done once.';
comment on column app_private.task_request.user_id is 'The person who sent it.';
comment on column app_private.task_request.key is 'The key, chosen by the client.';
comment on column app_private.task_request.digest is 'SHA-256 of what was to be created.';
comment on column app_private.task_request.task_id is 'The task it made.';
comment on column app_private.task_request.created_at is 'When it was done; forgotten 24 hours later.';
comment on constraint task_request_key_length on app_private.task_request is
  'idempotencyKey must be 1 to 200 characters';

-- SECURITY DEFINER because nobody but the owner may touch task_request. The task itself is inserted
-- under the policies like any other (FORCE binds the owner), and in the three columns a caller may set.
--
-- Of two at once with one key, the second waits at the insert until the first has ended, and then finds
-- what it made: under READ COMMITTED every statement of a volatile function sees the newest rows.
--
-- Errors, each with its own SQLSTATE, so that the server need not read the words:
--   RG011  the key was used for other content
--   RG012  the task that the key made has been deleted since
create function public.create_task_once(
  p_key text, p_title text, p_description text default null, p_completed boolean default false
) returns public.task
  language plpgsql volatile security definer
  set search_path = ''
as $$
declare
  v_user_id constant integer := app_private.current_user_id();
  v_digest constant bytea := pg_catalog.sha256(pg_catalog.convert_to(
    pg_catalog.jsonb_build_array(p_title, p_description, p_completed)::text, 'UTF8'));
  v_request app_private.task_request;
  v_task public.task;
begin
  -- The person's own old keys only: as many as their last busy day had, and found by the primary key.
  delete from app_private.task_request as r
    where r.user_id = v_user_id and r.created_at < pg_catalog.now() - interval '24 hours';

  insert into app_private.task_request (user_id, key, digest) values (v_user_id, p_key, v_digest)
    on conflict (user_id, key) do nothing;
  if found then
    insert into public.task (title, description, completed)
      values (p_title, p_description, p_completed) returning * into v_task;
    update app_private.task_request as r set task_id = v_task.id
      where r.user_id = v_user_id and r.key = p_key;
    return v_task;
  end if;

  select r.* into strict v_request from app_private.task_request as r
    where r.user_id = v_user_id and r.key = p_key;
  if v_request.digest <> v_digest then
    raise exception 'this key was used for another task' using errcode = 'RG011';
  end if;
  select t.* into v_task from public.task as t where t.id = v_request.task_id;
  if not found then
    raise exception 'the task that this key made has been deleted' using errcode = 'RG012';
  end if;
  return v_task;
end
$$;

grant execute on function public.create_task_once(text, text, text, boolean) to todo_user;

-- "-*": no field of its own in the API, where it is createTask with an idempotencyKey.
comment on function public.create_task_once(text, text, text, boolean) is
  E'@behavior -*\nCreates a task, once per key: repeated within 24 hours it returns the task that is there.';
