-- Functions by themselves: the identity is the reviewed one, and no function runs before a policy, with the
-- caller's search_path or for everybody. What a function does is judged in reach.sql.

select 'IDENTITY_MISSING', 'error', 'app_private.current_user_id()',
  'There is no app_private.current_user_id(): this database has not been migrated.',
  '-- npm run db -- migrate; npm start does it for the embedded database'
where not exists (select from routine as f where f.name = 'app_private.current_user_id()')
union all

-- Word for word the reviewed function: the setting counts on the server's login only. With SECURITY DEFINER, a
-- SET clause or a string body PostgreSQL would not inline it. White space is PostgreSQL's own.
select 'IDENTITY_CHANGED', 'error', f.name,
  format('%s is not the function that was reviewed, so a login may be able to choose its identity.', f.name),
  x.fix
from routine as f
join (values
  ('app_private.current_user_id()', false,
    $$RETURN CASE WHEN ((SESSION_USER = 'todo_authenticator'::name)
        OR pg_has_role(SESSION_USER, 'todo_authenticator'::name, 'member'::text))
      THEN (NULLIF(current_setting('jwt.claims.user_id'::text, true), ''::text))::integer
      ELSE app_private.psql_user_id() END$$,
    $$create or replace function app_private.current_user_id() returns integer
  language sql stable parallel safe
  return case
    when session_user = 'todo_authenticator' or pg_has_role(session_user, 'todo_authenticator', 'member')
    then nullif(current_setting('jwt.claims.user_id', true), '')::integer
    else app_private.psql_user_id()
  end;$$),
  ('app_private.psql_user_id()', true,
    $$RETURN (SELECT l.user_id FROM app_private.psql_login l WHERE (l.login = SESSION_USER))$$,
    $$create or replace function app_private.psql_user_id() returns integer
  language sql stable parallel safe security definer
  set search_path = ''
  return (select l.user_id from app_private.psql_login as l where l.login = session_user);$$)
) as x (name, is_definer, body, fix) on x.name = f.name
where f.prosecdef <> x.is_definer or (f.proconfig is not null) <> x.is_definer or not f.is_standard
  or regexp_replace(f.body, '\s+', '', 'g') <> regexp_replace(x.body, '\s+', '', 'g')
union all

-- An immutable identity in a prepared statement gave user 2 the rows of user 1. A volatile one runs once per
-- row. No function that reads a setting or the login may be immutable.
select 'FUNCTION_VOLATILITY', 'error', f.name,
  format('%s is %s, but its result holds for one statement only.', f.name,
    case f.provolatile when 'i' then 'immutable' else 'volatile' end),
  format('alter function %s stable;', f.name)
from routine as f
where (f.name in ('app_private.current_user_id()', 'app_private.psql_user_id()')
    and f.provolatile <> 's')
  or (f.provolatile = 'i'
    and f.body ~* '\m(current_setting|session_user|current_user|current_role|current_user_id|psql_user_id)\M')
union all

-- PostgreSQL may run a leakproof function on rows before it applies the policy.
select 'FUNCTION_LEAKPROOF', 'error', f.name, format('%s may run before policies (leakproof).', f.name),
  format('alter function %s not leakproof;', f.name)
from routine as f where f.proleakproof
union all

-- With the caller's search_path the caller chooses which functions and tables the owner's code uses.
select 'FUNCTION_DEFINER_PATH', 'error', f.name,
  format('%s runs as its owner, but with the caller''s search_path.', f.name),
  format('alter routine %s set search_path = '''';', f.name)
from routine as f
where f.prosecdef and not exists (
  select from unnest(f.proconfig) as o where o ~ '^search_path=(""|pg_catalog)?(, *pg_temp)?$'
)
union all

-- FORCE binds the owner and its SECURITY DEFINER functions. No policy binds a superuser's.
select 'FUNCTION_DEFINER_OWNER', 'error', f.name,
  format('%s runs as %s, which no policy binds.', f.name, r.name),
  format('alter routine %s owner to %s;', f.name,
    (select o.name from place as p join role as o on o.oid = p.owner))
from routine as f join role as r on r.oid = f.proowner
where f.prosecdef and (r.rolsuper or r.rolbypassrls) and f.proowner <> (select p.owner from place as p)
union all

select 'FUNCTION_PUBLIC', 'error', f.name, format('Everybody may execute %s.', f.name),
  format('revoke execute on routine %s from public;', f.name)
from routine as f
where exists (select from aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) as a where a.grantee = 0)
