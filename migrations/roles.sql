-- The cluster-wide roles. Roles belong to the whole PostgreSQL server, not to one database, so they
-- stand outside the migration chain: `npm start` (embedded) and `npm run db -- migrate` run this file
-- before the migrations, as the owner. It can run any number of times and needs only CREATEROLE.
--
-- Who is who:
--   the owner           logs in with DATABASE_URL, owns the objects, is bound by FORCE RLS like anybody
--   todo_authenticator  the server's login: may become todo_user, and can read or write no table itself
--   todo_user           nobody's login: what every request's transaction runs as
--   todo_psql_<id>      one person's own login for direct SQL; made by app_private.grant_psql_login

-- Two deployments may start at once; CREATE ROLE has no IF NOT EXISTS, so the loser of a race is
-- caught instead of checked for.
do $$
begin
  create role todo_user
    nologin nosuperuser nocreatedb nocreaterole noreplication nobypassrls noinherit;
exception when duplicate_object or unique_violation then null;
end
$$;

-- NOINHERIT: being allowed to become todo_user must not mean having its rights before doing so. A
-- request that forgot its `set role` can then read nothing at all.
do $$
begin
  create role todo_authenticator
    login nosuperuser nocreatedb nocreaterole noreplication nobypassrls noinherit;
exception when duplicate_object or unique_violation then null;
end
$$;

-- SET lets the server switch to todo_user for one transaction; INHERIT FALSE keeps the rights away
-- until it does; ADMIN FALSE keeps it from handing the role on.
do $$
begin
  if not exists (
    select from pg_catalog.pg_auth_members as m
    where m.roleid = 'todo_user'::regrole and m.member = 'todo_authenticator'::regrole
      and m.set_option and not m.inherit_option and not m.admin_option
  ) then
    grant todo_user to todo_authenticator with admin false, inherit false, set true;
  end if;
end
$$;

-- How the server's requests are planned, and moments written. A policy compares user_id with a value that
-- the planner does not know, so it counts on an average account. For one it may fetch all rows by bitmap
-- and sort them, which in a large account means all of them for each page; in the order of the index it is
-- a page's worth in every account. While a table is small it would even read all of everybody's, since a jump in the index is
-- priced as one of a disk's arm; the rows of a person who is asking are in memory. And compiling a
-- statement takes longer than any statement here runs. And moments are written in UTC, whatever the zone of
-- the database: one of 1900 had an offset with seconds, which no RFC 3339 reader takes. As settings of the
-- login they hold behind a pooler too, and cost a request nothing.
do $$
begin
  if not exists (
    select from pg_catalog.pg_db_role_setting as s
    where s.setrole = 'todo_authenticator'::regrole and s.setdatabase = 0
      and s.setconfig @> array['enable_bitmapscan=off', 'random_page_cost=1.1', 'jit=off', 'TimeZone=UTC']
  ) then
    alter role todo_authenticator set enable_bitmapscan = off;
    alter role todo_authenticator set random_page_cost = 1.1;
    alter role todo_authenticator set jit = off;
    alter role todo_authenticator set timezone = 'UTC';
  end if;
end
$$;

comment on role todo_user is 'Rowguard: what every request''s transaction runs as; cannot log in.';
comment on role todo_authenticator is
  'Rowguard: the server''s login. May become todo_user; whoever has its password can be any user.';
