--! Previous: sha1:178f7f9ddc18d7c3e653a8e4fe243c2a4334a740
--! Hash: sha1:8f9a54403a01503778dfd286fc2d676412989ca8
--! Message: next-column

-- A new column changes no function here. PostgreSQL fixes the columns of `select u.*`, of a trigger's WHEN
-- and of a function's parameters when the object is created. So me() and delete_me() return the row as one
-- value, one function touches every table, and a create with a key names no column.

create or replace function public.me() returns public."user"
  language sql stable
begin atomic
  select u from public."user" as u where u.id = (select app_private.current_user_id());
end;

create or replace function public.delete_me() returns public."user"
  language sql volatile security definer
  set search_path = ''
begin atomic
  delete from public."user" as u where u.id = (select app_private.current_user_id()) returning u;
end;

-- For every table with updated_at. The trigger has no WHEN and no list of columns: a column added later
-- would not be in it, and dropping a column of it with CASCADE would drop the trigger.
--
-- An update that changes nothing leaves updated_at alone. Rows are compared by their bytes (*<>), because
-- some types, json for example, have no equality. A statement that writes updated_at itself and nothing else
-- (a restore, by the owner) is not overruled.
--
-- PostgreSQL computes a stored generated column after this trigger; until then it is null in NEW. The
-- trigger's arguments name such columns, so that they do not look changed. To look them up here would make
-- an update of many rows several times as expensive.
--
-- updated_at moves strictly forward, so that a client notices a change that it has not seen, even one in the
-- same microsecond or after a clock was set back. The first value is not before created_at, if there is one.
create function app_private.touch() returns trigger
  language plpgsql
  set search_path = ''
as $$
declare
  v_old record := old;
begin
  v_old.updated_at := new.updated_at;
  if tg_nargs > 0 then
    v_old := pg_catalog.jsonb_populate_record(v_old,
      (select pg_catalog.jsonb_object_agg(g.name, null) from unnest(tg_argv) as g (name)));
  end if;
  if v_old *= new then
    return new;
  end if;
  if old.updated_at is null then
    new.updated_at := greatest(clock_timestamp(),
      (pg_catalog.to_jsonb(old) ->> 'created_at')::timestamptz);
  else
    new.updated_at := greatest(clock_timestamp(), old.updated_at + interval '1 microsecond');
  end if;
  return new;
end
$$;

comment on function app_private.touch() is
  'Trigger: sets updated_at if anything else in the row changed. Its arguments name stored generated columns.';

create or replace trigger _200_touch
  before update on public.task
  for each row
  execute function app_private.touch();

drop function app_private.touch_task();

comment on column public.task.updated_at is 'When the task last changed; null if it never did.';
comment on trigger _200_touch on public.task is 'Sets updated_at when anything else in the task changed.';

-- A create with an idempotencyKey, for every table. The server inserts the row itself, in one statement with
-- the two functions below, under the grants and policies of todo_user. Neither function names a table or a
-- column of one. Of the content they keep a digest, which is enough to notice a key that is used again for
-- something else. They replace create_task_once, which had a parameter for each column of task.
drop function public.create_task_once(text, text, text, boolean);
drop table app_private.task_request;

-- No row level security on purpose: no role but the owner holds any right on it, and the two functions that
-- use it name the person. row_id references nothing: a repeated request must not make a deleted row again.
create table app_private.create_request (
  user_id integer not null,
  relation text not null,
  key text not null,
  digest bytea not null,
  row_id text,
  created_at timestamptz not null default now(),
  constraint create_request_pkey primary key (user_id, relation, key),
  constraint create_request_key_length check (char_length(key) between 1 and 200),
  constraint create_request_user_id_fkey foreign key (user_id)
    references public."user" (id) on delete cascade
);

comment on table app_private.create_request is
  'The keys of creates done in the last 24 hours, so that each is done once.';
comment on column app_private.create_request.user_id is 'The person who sent it.';
comment on column app_private.create_request.relation is 'The table of the row.';
comment on column app_private.create_request.key is 'The key, chosen by the client.';
comment on column app_private.create_request.digest is 'SHA-256 of what was to be created.';
comment on column app_private.create_request.row_id is 'The primary key of the row that was made, as text.';
comment on column app_private.create_request.created_at is 'When it was done; forgotten 24 hours later.';
comment on constraint create_request_key_length on app_private.create_request is
  'idempotencyKey must be 1 to 200 characters';

-- Returns null if the key is new: the caller inserts the row and calls finish_create in the same statement.
-- Otherwise returns the primary key of the row that the key made, which may be deleted since.
-- Of two at once with one key, the second waits at the insert until the first has ended, and then finds
-- what the first made: under READ COMMITTED every statement of a volatile function sees the newest rows.
-- Error RG011: the key was used for other content.
-- SECURITY DEFINER because nobody but the owner may use create_request.
create function public.claim_create(p_relation text, p_key text, p_content jsonb) returns text
  language plpgsql volatile security definer
  set search_path = ''
as $$
declare
  v_user_id constant integer := app_private.current_user_id();
  v_digest constant bytea := pg_catalog.sha256(pg_catalog.convert_to(p_content::text, 'UTF8'));
  v_request app_private.create_request;
begin
  -- The person's own old keys only: as many as their last busy day had, and found by the primary key.
  delete from app_private.create_request as r
    where r.user_id = v_user_id and r.created_at < pg_catalog.now() - interval '24 hours';

  insert into app_private.create_request (user_id, relation, key, digest)
    values (v_user_id, p_relation, p_key, v_digest)
    on conflict (user_id, relation, key) do nothing;
  if found then
    return null;
  end if;

  select r.* into strict v_request from app_private.create_request as r
    where r.user_id = v_user_id and r.relation = p_relation and r.key = p_key;
  if v_request.digest <> v_digest then
    raise exception 'this key was used for other content' using errcode = 'RG011';
  end if;
  return v_request.row_id;
end
$$;

-- SECURITY DEFINER for the same reason. A key that is finished keeps its row.
create function public.finish_create(p_relation text, p_key text, p_row_id text) returns void
  language sql volatile strict security definer
  set search_path = ''
begin atomic
  update app_private.create_request as r set row_id = p_row_id
  where r.user_id = (select app_private.current_user_id()) and r.relation = p_relation and r.key = p_key
    and r.row_id is null;
end;

grant execute on function public.claim_create(text, text, jsonb) to todo_user;
grant execute on function public.finish_create(text, text, text) to todo_user;

-- "-*": no fields of their own in the API.
comment on function public.claim_create(text, text, jsonb) is
  E'@behavior -*\nReserves the key of a create, or returns the primary key of the row that it made.';
comment on function public.finish_create(text, text, text) is
  E'@behavior -*\nNotes which row was made with a key.';
