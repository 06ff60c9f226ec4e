--! Previous: sha1:5d37cdbf6222255299632fb7233f608b9be11169
--! Hash: sha1:4cfdd2559d5036c15ffb7a9f28050bb9916f69e7
--! Message: toggle

-- A task is done or not done again, by one statement. A client that reads `completed` and writes the opposite
-- loses a change when another client does the same at the same time: both write the same value. Here the second
-- update waits for the first and then turns what the first has left.
--
-- plpgsql, because SQL alone cannot refuse: without a row the answer is the same as for a task of another person,
-- as in updateTask. Personal logins do not have this function. They run the update themselves.
create function public.toggle_task(id integer) returns public.task
  language plpgsql volatile strict
  set search_path = ''
as $$
declare
  v_task public.task;
begin
  update public.task as t set completed = not t.completed where t.id = toggle_task.id returning t.* into v_task;
  if not found then
    raise exception using errcode = 'RG404';
  end if;
  return v_task;
end
$$;

grant execute on function public.toggle_task(integer) to todo_user;

comment on function public.toggle_task(integer) is
  E'@notNull\n@param id The task''s id.\nMarks a task as done, or as not done if it is done. Returns it.';
