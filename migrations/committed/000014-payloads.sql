--! Previous: sha1:2e50205708cefb1ed10f6fe53ebbc6ef02771c5a
--! Hash: sha1:5d37cdbf6222255299632fb7233f608b9be11169
--! Message: payloads

-- What a mutation of many rows needs of the database, and two such mutations of tasks that tell which rows they
-- have changed, so that a client can update its lists without reading them again.

-- A statement that writes many rows ends by itself with an error if it has not found all of them, or if its
-- idempotencyKey has made rows before. Nothing of it is done then, and no second statement has to ask.
--   RG013  a create with a key that was used before; the detail has the ids of the rows that it made
--   RG014  the statement went well and was sent to find that out; nothing of it stays
--   RG404  a row is not there, or not the person's
-- Volatile, so that the planner never evaluates it ahead of the statement.
create function public.stop_unless(p_met boolean, p_sqlstate text, p_detail text default null) returns boolean
  language plpgsql volatile
  set search_path = ''
as $$
begin
  if p_met is not true then
    raise exception using errcode = p_sqlstate, message = p_sqlstate, detail = coalesce(p_detail, '');
  end if;
  return true;
end
$$;

grant execute on function public.stop_unless(boolean, text, text) to todo_user;

-- "-*": no field of its own in the API.
comment on function public.stop_unless(boolean, text, text) is
  E'@behavior -*\nEnds the statement with this SQLSTATE unless the condition is true.';

-- Each changed row as one value: a column that is added to task later is part of it, and the function need not be
-- created again (000010). PostgreSQL refuses `returns setof public.task` in this form.
drop function public.set_all_tasks_completed(boolean);
drop function public.clear_completed_tasks();

create function public.set_all_tasks_completed(completed boolean) returns table (id integer, task public.task)
  language sql volatile strict
begin atomic
  update public.task as t set completed = set_all_tasks_completed.completed
  where t.completed <> set_all_tasks_completed.completed
  returning t.id, t;
end;

create function public.clear_completed_tasks() returns table (id integer, task public.task)
  language sql volatile
begin atomic
  delete from public.task as t where t.completed returning t.id, t;
end;

grant execute on function public.set_all_tasks_completed(boolean) to todo_user;
grant execute on function public.clear_completed_tasks() to todo_user;

comment on function public.set_all_tasks_completed(boolean) is
  E'@param completed Whether they are to be done.\nMarks all tasks as done, or as not done, and returns those it changed.';
comment on function public.clear_completed_tasks() is
  'Deletes all tasks that are done, and returns them.';
