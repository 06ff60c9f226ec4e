-- Rights. Protects from a right that no policy covers, that includes columns added later, or that reaches
-- logins made later.

-- A table-wide insert or update includes id, owner, timestamps and every column added later.
select 'GRANT_BY_TABLE', 'error', h.name,
  format('%s may %s every column of %s, also its owner and those added later.',
    string_agg(distinct h.role, ', '),
    string_agg(distinct h.privilege, ' and '), h.name),
  string_agg(concat_ws(' ', format('revoke %s on %s from %s;', h.privilege, h.name, h.role),
    'grant ' || h.privilege || ' (' || (
      select string_agg(a.name, ', ' order by a.attnum) from attribute as a
      where a.attrelid = h.relation and a.attidentity = ''
        and a.attgenerated = ''
        and a.attname not in ('id', 'user_id', 'created_at', 'updated_at')
        and a.attnum is distinct from h.owner_number
    ) || format(') on %s to %s;', h.name, h.role)), ' ' order by h.role, h.privilege)
from held as h
where h.served and h.is_table and h.grantee <> 0 and h.attname is null and h.privilege in ('insert', 'update')
group by h.name
union all

-- The database fills these columns. A chosen id occupies a later one, a chosen owner is a lie.
select 'GRANT_OWNER_COLUMN', 'error', h.name,
  format('%s may write columns that only the database fills: %s of %s.', string_agg(distinct h.role, ', '),
    string_agg(distinct h.attname, ', '), h.name),
  string_agg(format('revoke %s (%I) on %s from %s;', h.privilege, h.attname, h.name, h.role), ' '
    order by h.role, h.privilege, h.attname)
from held as h
where h.served and h.is_table and h.grantee <> 0 and h.privilege in ('insert', 'update')
  and (h.attname in ('id', 'user_id', 'created_at', 'updated_at') or h.attnum = h.owner_number
    or h.attidentity <> '')
group by h.name
union all

-- No policy covers these. TRUNCATE removes everybody's rows, REFERENCES and TRIGGER read them, MAINTAIN locks
-- the table, and a sequence shows and moves the next id.
select 'GRANT_BEYOND_RLS', 'error', h.name,
  format('%s may %s %s, which no policy covers.', string_agg(distinct h.role, ', '),
    string_agg(distinct h.privilege, ', '), h.name),
  string_agg(distinct format('revoke %s%s on %s from %s;', h.privilege,
    coalesce(' (' || quote_ident(h.attname) || ')', ''), h.name, h.role), ' ')
from held as h
where h.served and h.grantee <> 0
  and (h.privilege in ('truncate', 'references', 'trigger', 'maintain') or h.relkind = 'S')
group by h.name
union all

-- The holder of a grant option can give the right to anybody, and no migration says so.
select 'GRANT_OPTION', 'error', h.name,
  format('%s may grant rights on %s to others.', string_agg(distinct h.role, ', '), h.name),
  string_agg(distinct format('revoke grant option for %s%s on %s from %s cascade;', h.privilege,
    coalesce(' (' || quote_ident(h.attname) || ')', ''), h.name, h.role), ' ')
from held as h
where h.served and h.is_grantable
group by h.name
union all

-- PUBLIC includes every login, those made later too.
select 'GRANT_TO_PUBLIC', 'error', h.name,
  format('%s on %s is granted to everybody.', string_agg(distinct h.privilege, ', '), h.name),
  format('revoke all on %s from public;', h.name)
from held as h where h.grantee = 0
group by h.name
union all
select 'GRANT_TO_PUBLIC', 'error', 'schema ' || quote_ident(s.nspname),
  format('%s on schema %I is granted to everybody.', string_agg(lower(a.privilege_type collate "C"), ', '), s.nspname),
  format('revoke all on schema %I from public;', s.nspname)
from schema as s cross join lateral aclexplode(s.nspacl) as a where a.grantee = 0
group by s.nspname
union all
-- Null is PostgreSQL's default: CONNECT and TEMPORARY for PUBLIC.
select 'GRANT_TO_PUBLIC', 'error', 'database ' || quote_ident(p.datname),
  format('%s on database %I is granted to everybody.', string_agg(lower(a.privilege_type collate "C"), ', '), p.datname),
  format('revoke all on database %I from public;', p.datname)
from place as p cross join lateral aclexplode(coalesce(p.datacl, acldefault('d', p.datdba))) as a
where a.grantee = 0
group by p.datname
union all

-- CREATE in a schema lets a role shadow names and leave objects. TEMP and CREATE let it fill the disk.
select 'GRANT_CREATE', 'error', x.object,
  format('%s may create in %s.', string_agg(distinct r.name, ', '), x.object),
  string_agg(format('revoke %s on %s from %s;', lower(x.privilege_type collate "C"), x.object, r.name), ' ')
from (
  select 'schema ' || quote_ident(s.nspname) as object, a.grantee, a.privilege_type
  from schema as s cross join lateral aclexplode(s.nspacl) as a
  where a.grantee <> s.nspowner and a.privilege_type = 'CREATE'
  union all
  select 'database ' || quote_ident(p.datname), a.grantee, a.privilege_type
  from place as p cross join lateral aclexplode(p.datacl) as a
  where a.grantee <> p.datdba and a.privilege_type in ('CREATE', 'TEMPORARY')
) as x join role as r on r.oid = x.grantee
where x.grantee <> 0 and not r.trusted
group by x.object
union all

-- Private tables have no policies: only the owner may use them, or look up names in their schema. Schema direct
-- is for personal logins, and direct.sql says what they may have in it.
select 'PRIVATE_GRANTED', 'error', h.name,
  format('%s may %s the private %s.', string_agg(distinct h.role, ', '),
    string_agg(distinct h.privilege, ', '), h.name),
  format('revoke all on %s from %s;', h.name, string_agg(distinct h.role, ', '))
from held as h where not h.served and h.grantee <> 0
  and not (h.name like 'direct.%' and h.role like 'todo\_psql\_%')
group by h.name
union all
select 'PRIVATE_GRANTED', 'error', 'schema ' || quote_ident(s.nspname),
  format('%s may look into the private schema %I.', string_agg(distinct r.name, ', '), s.nspname),
  format('revoke usage on schema %I from %s;', s.nspname, string_agg(distinct r.name, ', '))
from schema as s cross join lateral aclexplode(s.nspacl) as a
join role as r on r.oid = a.grantee
where not s.served and a.grantee not in (0, s.nspowner) and a.privilege_type = 'USAGE' and not r.trusted
  -- The server calls app_private.ensure_user by name.
  and not (r.is_server and s.nspname = 'app_private')
  and not (r.rolname like 'todo\_psql\_%' and s.nspname = 'direct')
group by s.nspname
union all

-- Each object that the owner creates later gets these rights.
select 'DEFAULT_PRIVILEGES', 'error', x.object,
  format('What the owner creates later is granted to %s: %s.', x.grantees, x.object),
  string_agg(format('alter default privileges for role %s%s revoke all on %s from %s;',
    x.owner, x.within, x.object, g), ' ')
from (
  select o.name as owner, coalesce(' in schema ' || quote_ident(n.nspname), '') as within,
    case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
      when 'T' then 'types' when 'n' then 'schemas' else 'large objects' end as object,
    string_agg(distinct r.name, ', ') as grantees, array_agg(distinct r.name) as names
  from pg_catalog.pg_default_acl as d
  join role as o on o.oid = d.defaclrole
  left join pg_catalog.pg_namespace as n on n.oid = d.defaclnamespace
  cross join lateral aclexplode(d.defaclacl) as a
  join role as r on r.oid = a.grantee
  where d.defaclrole = (select p.owner from place as p) and a.grantee <> d.defaclrole and not r.trusted
  group by o.name, n.nspname, d.defaclobjtype
) as x cross join lateral unnest(x.names) as g
group by x.object, x.grantees, x.within
union all
-- PUBLIC may execute every new function unless the default is revoked, once for the whole database.
select 'DEFAULT_PRIVILEGES', 'error', 'functions',
  'What the owner creates later can be executed by everybody: functions.',
  format('alter default privileges for role %s revoke execute on functions from public;', o.name)
from place as p join role as o on o.oid = p.owner
where not exists (
  select from pg_catalog.pg_default_acl as d
  where d.defaclrole = p.owner and d.defaclnamespace = 0 and d.defaclobjtype = 'f'
)
union all

-- Large objects have no row level security. Only a superuser can revoke these rights: a warning.
select 'LARGE_OBJECTS', 'warning', 'large objects',
  'Everybody with a login can store large objects, which no policy covers.',
  string_agg(format('revoke execute on function pg_catalog.%I(%s) from public;', f.proname,
    oidvectortypes(f.proargtypes)), ' ' order by f.oid)
from pg_catalog.pg_proc as f
where f.pronamespace = 'pg_catalog'::pg_catalog.regnamespace
  and f.proname in ('lo_creat', 'lo_create', 'lo_from_bytea', 'lo_open', 'lo_put', 'lowrite')
  and has_function_privilege('public', f.oid, 'execute')
having count(*) > 0
union all

-- A parameter that a person may set reaches what ordinary sessions cannot: session_replication_role stops
-- triggers and foreign keys.
select 'GRANT_PARAMETER', 'error', 'parameter ' || p.parname,
  format('%s may set %s.', string_agg(distinct r.name, ', '), p.parname),
  string_agg(distinct
    format('revoke %s on parameter %s from %s;', lower(a.privilege_type collate "C"), p.parname, r.name), ' ')
from pg_catalog.pg_parameter_acl as p
cross join lateral aclexplode(p.paracl) as a
join role as r on r.oid = a.grantee
where r.oid = 0 or r.is_server or r.rolname = 'todo_user' or r.rolname like 'todo\_psql\_%'
group by p.parname
