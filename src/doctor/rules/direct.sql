-- Personal logins and schema direct. Protects from a login that reads a table itself: it sets its own planner
-- costs, so no policy runs first in every plan of a table that it may read (000009-direct.sql).

-- A login has rights on schema direct only, and EXECUTE on the functions of app_private that policies call.
select 'LOGIN_RIGHTS', 'error', r.name,
  format('%s has %s on %s, which is not in schema direct.', r.name, string_agg(x.privilege, ', '), x.object),
  format('revoke %s on %s from %s;', string_agg(x.privilege, ', '), x.object, r.name)
from (
  select 'schema ' || quote_ident(n.nspname) as object, a.privilege_type as privilege, a.grantee, n.nspowner as owner
  from pg_catalog.pg_namespace as n cross join lateral aclexplode(n.nspacl) as a
  where not (n.nspname = 'direct' and a.privilege_type = 'USAGE')
  union all
  select case c.relkind when 'S' then 'sequence ' else '' end || c.oid::regclass, a.privilege_type, a.grantee,
    c.relowner
  from pg_catalog.pg_class as c cross join lateral aclexplode(c.relacl) as a
  where c.relnamespace::regnamespace::text <> 'direct'
  union all
  select c.oid::regclass::text, format('%s (%I)', a.privilege_type, t.attname), a.grantee, c.relowner
  from pg_catalog.pg_attribute as t
  join pg_catalog.pg_class as c on c.oid = t.attrelid
  cross join lateral aclexplode(t.attacl) as a
  where not t.attisdropped
  union all
  select 'function ' || p.oid::regprocedure, a.privilege_type, a.grantee, p.proowner
  from pg_catalog.pg_proc as p cross join lateral aclexplode(p.proacl) as a
  where p.pronamespace::regnamespace::text <> 'direct'
    and not (p.pronamespace::regnamespace::text = 'app_private'
      and has_function_privilege('todo_user', p.oid, 'execute'))
) as x
join role as r on r.oid = x.grantee and r.rolname like 'todo\_psql\_%'
where x.grantee <> x.owner
group by r.name, x.object
union all

-- The views, triggers and functions of schema direct are safe in the one form that refresh_direct_views()
-- makes: fenced, the owner's, writing the columns of todo_user. What is missing gives nobody a row: the next
-- migration makes it.
select 'DIRECT_CHANGED', 'error', d.object,
  case when d.expected is null then format('%s does not belong in schema direct.', d.object)
    else format('%s is not what app_private.refresh_direct_views() makes.', d.object) end,
  'select app_private.refresh_direct_views();'
from app_private.direct_definitions() as d
where d.actual is not null and d.expected is distinct from d.actual
