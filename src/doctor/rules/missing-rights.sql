-- Rights that the migrations grant and this database lacks, as after a restore on a server without the
-- roles. Protects from a service that starts and can answer nothing.
with
expected (object, is_granted, fix) as (
  select 'database ' || quote_ident(p.datname), has_database_privilege(r.oid, p.database, 'connect'),
    format('grant connect on database %I to %s;', p.datname, r.name)
  from place as p join role as r on r.rolname = 'todo_authenticator'
  union all
  select 'schema ' || quote_ident(s.nspname), has_schema_privilege(r.oid, s.oid, 'usage'),
    format('grant usage on schema %I to %s;', s.nspname, r.name)
  from schema as s
  join role as r on (s.nspname, r.rolname) in (('public', 'todo_user'), ('app_private', 'todo_authenticator'))
  union all
  select f.name, has_function_privilege(r.oid, f.oid, 'execute'),
    format('grant execute on routine %s to %s;', f.name, r.name)
  from routine as f
  join (values
    ('app_private', 'current_user_id', 'todo_user'), ('app_private', 'psql_user_id', 'todo_user'),
    ('public', 'me', 'todo_user'), ('public', 'delete_me', 'todo_user'),
    ('public', 'changes_since', 'todo_user'),
    ('app_private', 'ensure_user', 'todo_authenticator'),
    ('app_private', 'deletions_since', 'todo_authenticator'),
    ('app_private', 'schema_state', 'todo_authenticator'),
    ('app_private', 'versions_of', 'todo_authenticator'),
    ('app_private', 'direct_columns', 'todo_authenticator'),
    ('app_private', 'direct_tables', 'todo_authenticator'),
    ('app_private', 'direct_functions', 'todo_authenticator'),
    ('app_private', 'direct_definitions', 'todo_authenticator')
  ) as x (nspname, proname, rolname) on (x.nspname, x.proname) = (f.nspname, f.proname)
  join role as r on r.rolname = x.rolname
  union all
  -- A table whose rows somebody may see by a policy is one that people are to read.
  select c.name, exists (
      select from held as h where h.relation = c.oid and h.privilege = 'select' and h.grantee in (0, r.oid)
    ), format('grant select on %s to %s;', c.name, r.name)
  from relation as c
  join role as r on r.rolname = 'todo_user'
  where c.kind is not null and not c.relispartition and exists (
    select from policy as p where p.relation = c.oid and p.polpermissive and p.command = 'select'
  )
  union all
  -- pg_has_role does not ask for SET on a superuser's login, which has it anyway.
  select u.name, pg_has_role(r.oid, u.oid, 'set'),
    format('grant %s to %s with admin false, inherit false, set true;', u.name, r.name)
  from role as u join role as r on r.rolname = 'todo_authenticator'
  where u.rolname = 'todo_user'
)
select 'GRANT_MISSING', 'error', e.object,
  format('The server lacks a right on %s that the migrations grant.', e.object), string_agg(e.fix, ' ')
from expected as e
where not e.is_granted
group by e.object
