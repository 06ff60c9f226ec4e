--! Previous: sha1:a49a91998350af7604e640b48c928c0a5a7592c6
--! Hash: sha1:c86ffed2760413e894626a3c700d6c88fdeb72a8
--! Message: psql

-- Direct SQL for one person: a login of their own, which can do with its own rows what the API can.
-- Both functions run as their caller and work only for the owner (it has CREATEROLE and the tables);
-- nobody else is granted EXECUTE. `npm run psql` calls them.

-- Makes the login, or gives an existing one a new password and today's rights, and returns its name.
-- The rights are a copy of todo_user's, taken from the catalogue: a table added later is included the
-- next time, and nothing has to be listed here. Not a membership: a member of todo_user could become
-- it, and what the API's role is given later would reach every personal login unasked.
create function app_private.grant_psql_login(p_user_id integer, p_password text) returns name
  language plpgsql
  set search_path = ''
as $$
declare
  v_login constant name := 'todo_psql_' || p_user_id;
  v_statement text;
begin
  -- FORCE binds the owner too: to see whether the person exists it must act for them.
  perform pg_catalog.set_config('jwt.claims.user_id', p_user_id::text, true);
  if not exists (select from public."user" as u where u.id = p_user_id) then
    raise exception 'there is no user %', p_user_id using errcode = 'no_data_found';
  end if;

  if not exists (select from pg_catalog.pg_roles as r where r.rolname = v_login) then
    execute format(
      'create role %I nosuperuser nocreatedb nocreaterole noreplication nobypassrls noinherit', v_login);
  end if;
  -- Three connections: enough for a prompt and a tool, too few to crowd out the others.
  execute format('alter role %I login connection limit 3 password %L', v_login, p_password);

  for v_statement in
    select format('grant connect on database %I to %I', current_database(), v_login)
    union all
    select format('grant %s on schema %s to %I', a.privilege_type, n.oid::regnamespace, v_login)
    from pg_catalog.pg_namespace as n
    cross join lateral pg_catalog.aclexplode(n.nspacl) as a
    where a.grantee = 'todo_user'::regrole
    union all
    select format('grant %s on %s to %I', a.privilege_type, c.oid::regclass, v_login)
    from pg_catalog.pg_class as c
    cross join lateral pg_catalog.aclexplode(c.relacl) as a
    where a.grantee = 'todo_user'::regrole
    union all
    select format('grant %s (%I) on %s to %I', a.privilege_type, t.attname, t.attrelid::regclass, v_login)
    from pg_catalog.pg_attribute as t
    cross join lateral pg_catalog.aclexplode(t.attacl) as a
    where a.grantee = 'todo_user'::regrole
    union all
    select format('grant %s on function %s to %I', a.privilege_type, p.oid::regprocedure, v_login)
    from pg_catalog.pg_proc as p
    cross join lateral pg_catalog.aclexplode(p.proacl) as a
    where a.grantee = 'todo_user'::regrole
  loop
    execute v_statement;
  end loop;

  insert into app_private.psql_login (login, user_id) values (v_login, p_user_id)
    on conflict (login) do nothing;
  return v_login;
end
$$;

comment on function app_private.grant_psql_login(integer, text) is
  'Owner only: makes or renews the personal login of a user and returns its name.';

-- Removes the login, its rights and its identity, and ends its sessions. Returns whether there was one.
-- Nothing that the login does may stop it:
--   - Sessions end before anything is deleted: one that has delete_me in an open transaction would hold
--     up the delete for as long as it likes.
--   - A login that owns something in another database of the same server (default privileges are
--     enough, and often everybody may connect to "postgres") can not be dropped from here. It is then
--     left behind as a name: no login, no password, no rights, no person.
create function app_private.revoke_psql_login(p_user_id integer) returns boolean
  language plpgsql
  set search_path = ''
as $$
declare
  v_login constant name := 'todo_psql_' || p_user_id;
begin
  if not exists (select from pg_catalog.pg_roles as r where r.rolname = v_login) then
    delete from app_private.psql_login as l where l.login = v_login;
    return false;
  end if;
  execute format('alter role %I nologin password null', v_login);
  -- Ending sessions and dropping grants need the login's own rights; they are given back below.
  execute format('grant %I to current_user with inherit true, set false', v_login);
  -- Five seconds each: a session that is gone holds no locks.
  perform pg_catalog.pg_terminate_backend(a.pid, 5000)
    from pg_catalog.pg_stat_activity as a where a.usename = v_login;
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
