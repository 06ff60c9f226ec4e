--! Previous: sha1:1090dfaed2784505f2451e6cfbfd196d739d8720
--! Hash: sha1:91f41addf54fa67536492dc30f89561f7da1f83c
--! Message: psql

-- A personal login: a PostgreSQL role for one person's direct SQL (psql, a BI tool). It can do with that
-- person's rows what the API can. The functions run as their caller and work only for the owner, which has
-- CREATEROLE and the tables. Nobody else is granted EXECUTE. `npm run psql` calls them.

-- Makes the login, or gives an existing one a new password, and returns its name.
-- The login is no member of todo_user: a member could become todo_user, and would get every right that
-- todo_user is given later. Its rights are those on schema direct (000009), and no right on any table.
create function app_private.grant_psql_login(p_user_id integer, p_password text) returns name
  language plpgsql
  set search_path = ''
as $$
declare
  v_login constant name := 'todo_psql_' || p_user_id;
begin
  -- FORCE binds the owner too: to see whether the person exists, the owner acts for them.
  perform pg_catalog.set_config('jwt.claims.user_id', p_user_id::text, true);
  if not exists (select from public."user" as u where u.id = p_user_id) then
    raise exception 'there is no user %', p_user_id using errcode = 'no_data_found';
  end if;

  if not exists (select from pg_catalog.pg_roles as r where r.rolname = v_login) then
    execute format(
      'create role %I nosuperuser nocreatedb nocreaterole noreplication nobypassrls noinherit', v_login);
  end if;
  -- Three connections: enough for a prompt and a tool, too few to crowd out others.
  execute format('alter role %I login connection limit 3 password %L', v_login, p_password);
  -- `select * from task` means direct.task. A convenience: the login may set another path and gains nothing.
  execute format('alter role %I in database %I set search_path = direct', v_login, current_database());
  execute format('grant connect on database %I to %I', current_database(), v_login);

  insert into app_private.psql_login (login, user_id) values (v_login, p_user_id)
    on conflict (login) do nothing;
  perform app_private.refresh_direct_views();
  return v_login;
end
$$;

comment on function app_private.grant_psql_login(integer, text) is
  'Owner only: makes or renews the personal login of a user and returns its name.';

-- Revoking takes three steps in transactions of their own (src/accounts/psql-login.ts): NOLOGIN is committed
-- first, because until then a login that reconnects in a loop gets in again. Then its sessions are ended
-- until none is left. Only then is the role dropped: the sessions of a dropped role can be ended by a
-- superuser only.

-- Ends the login's sessions and returns how many there were.
create function app_private.end_psql_sessions(p_user_id integer) returns integer
  language plpgsql
  set search_path = ''
as $$
declare
  v_login constant name := 'todo_psql_' || p_user_id;
begin
  if not exists (select from pg_catalog.pg_roles as r where r.rolname = v_login) then
    return 0;
  end if;
  -- Ending a session needs the rights of its role. revoke_psql_login gives them back.
  if not pg_has_role(v_login, 'usage') then
    execute format('grant %I to current_user with inherit true, set false', v_login);
  end if;
  return (
    select count(pg_catalog.pg_terminate_backend(a.pid))
    from pg_catalog.pg_stat_activity as a where a.usename = v_login
  );
end
$$;

comment on function app_private.end_psql_sessions(integer) is
  'Owner only: ends the sessions of a user''s personal login and returns how many there were.';

-- Keeps the login from connecting. Returns whether there is such a login. A session of the login may hold
-- the role's row (alter role … password): the caller sets lock_timeout, ends the sessions and tries again.
create function app_private.disable_psql_login(p_user_id integer) returns boolean
  language plpgsql
  set search_path = ''
as $$
declare
  v_login constant name := 'todo_psql_' || p_user_id;
begin
  if not exists (select from pg_catalog.pg_roles as r where r.rolname = v_login) then
    return false;
  end if;
  execute format('alter role %I nologin password null', v_login);
  return true;
end
$$;

comment on function app_private.disable_psql_login(integer) is
  'Owner only: keeps the personal login of a user from connecting. First step of revoking.';

-- Last step: removes the login, its rights and its person. Returns whether there was a login. Called alone,
-- it ends the sessions as well, but one that connects before the commit stays, without a right.
-- A login that owns something in another database of the same server (default privileges are enough) cannot
-- be dropped from here. It is left behind as a name: no login, no password, no rights, no person.
create function app_private.revoke_psql_login(p_user_id integer) returns boolean
  language plpgsql
  set search_path = ''
as $$
declare
  v_login constant name := 'todo_psql_' || p_user_id;
begin
  if not app_private.disable_psql_login(p_user_id) then
    delete from app_private.psql_login as l where l.login = v_login;
    return false;
  end if;
  -- Ended before anything is deleted: a session with delete_me in an open transaction holds the row below.
  perform app_private.end_psql_sessions(p_user_id);
  -- Five seconds each: a session that is gone holds no locks.
  perform pg_catalog.pg_terminate_backend(a.pid, 5000)
    from pg_catalog.pg_stat_activity as a where a.usename = v_login;
  lock table app_private.direct_queue in exclusive mode;
  delete from app_private.psql_login as l where l.login = v_login;
  execute format('drop owned by %I', v_login);
  begin
    execute format('drop role %I', v_login);
  exception when dependent_objects_still_exist then
    execute format('revoke %I from current_user', v_login);
  end;
  return true;
end
$$;

comment on function app_private.revoke_psql_login(integer) is
  'Owner only: removes the personal login of a user and ends its sessions.';
