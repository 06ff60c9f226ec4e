--! Previous: -
--! Hash: sha1:e7636b123c8441d10319a70cd9936467639fd604
--! Message: identity

-- Who is asking? One function answers for every policy, and it cannot be lied to.
--
-- The usual policy trusts the setting jwt.claims.user_id, which anybody with a psql prompt can type.
-- Here the setting counts only on a login that may act for users: the server's (todo_authenticator)
-- or a role that is a member of it (the owner, a superuser). Every other login is one person, whatever
-- it sets, and which person is written down in app_private.psql_login.

-- PostgreSQL gives every new function to PUBLIC unless told otherwise. Told here once, for all that
-- this owner will ever create; the grants below then name exactly who may call what.
alter default privileges revoke execute on functions from public;

-- Nothing for PUBLIC: who may connect and who may look into the schema is granted by name. TEMP goes
-- as well, so that no login can leave scratch tables on the disk.
do $$
begin
  execute format('revoke all on database %I from public', current_database());
  execute format('grant connect on database %I to todo_authenticator', current_database());
end
$$;

revoke all on schema public from public;
grant usage on schema public to todo_user;

-- What the API must not show lives here: identity, logins, tombstones. No role but the owner may look
-- inside. Calling a function needs USAGE only where its name is looked up, and policies bind theirs
-- when they are created, so todo_user needs none. The server calls ensure_user by name.
create schema app_private;
grant usage on schema app_private to todo_authenticator;

comment on schema app_private is
  'Identity, personal logins and tombstones: what keeps the rows apart. Never exposed by the API.';

-- Which person a personal login is. No row level security here on purpose: the look-up below runs as
-- the owner, and FORCE with a policy that needs the look-up would leave it without a row. It is safe
-- because no role but the owner holds any right on it.
create table app_private.psql_login (
  login name not null,
  user_id integer not null,
  created_at timestamptz not null default now(),
  constraint psql_login_pkey primary key (login),
  constraint psql_login_user_id_key unique (user_id)
);

comment on table app_private.psql_login is 'Which person each personal login is; read by psql_user_id().';
comment on column app_private.psql_login.login is 'The role''s name: todo_psql_ and the person''s id.';
comment on column app_private.psql_login.user_id is 'The person this login is, and can only be.';
comment on column app_private.psql_login.created_at is 'When the login was granted.';

-- SECURITY DEFINER because a personal login may not read psql_login (it would see who else has a
-- login). It takes no argument: the only thing it can tell a caller is who the caller is.
create function app_private.psql_user_id() returns integer
  language sql stable parallel safe security definer
  set search_path = ''
  return (select l.user_id from app_private.psql_login as l where l.login = session_user);

comment on function app_private.psql_user_id() is
  'The person of the current personal login, or null. session_user cannot be changed by SET or SET ROLE.';

-- STABLE, never IMMUTABLE: an immutable identity in a prepared statement gave user 2 the rows of
-- user 1. The body is SQL-standard (`return …`), so its names are bound now, no search_path can shadow
-- them, and the planner inlines it into one InitPlan: on the server's login it costs one comparison
-- and one read of a setting. No SECURITY DEFINER and no SET clause, which would both forbid inlining.
--
-- After a transaction-local setting ends it reads as '' on that connection, not as null: hence nullif.
-- Anything that is not an integer is an error, never a row.
create function app_private.current_user_id() returns integer
  language sql stable parallel safe
  return case
    when session_user = 'todo_authenticator'
      or pg_has_role(session_user, 'todo_authenticator', 'member')
    then nullif(current_setting('jwt.claims.user_id', true), '')::integer
    else app_private.psql_user_id()
  end;

grant execute on function app_private.psql_user_id() to todo_user;
grant execute on function app_private.current_user_id() to todo_user;

comment on function app_private.current_user_id() is
  'The id of the person the current statement acts for, or null, which matches no row.';

-- A column that must never change is refused here, by name, for everybody: column grants already keep
-- it from users, this also keeps it from the owner's typing errors. Used in a trigger with a WHEN.
create function app_private.refuse_change() returns trigger
  language plpgsql
  set search_path = ''
as $$
begin
  raise exception '% of % can not be changed', array_to_string(tg_argv, ', '), tg_table_name
    using errcode = 'integrity_constraint_violation', table = tg_table_name, schema = tg_table_schema;
end
$$;

comment on function app_private.refuse_change() is
  'Trigger: refuses an update. The trigger''s WHEN says of which columns, its arguments name them.';
