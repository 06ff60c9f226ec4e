-- Logins: what each role is, what it can become, and what its sessions start with. Protects from a role that
-- bypasses the policies or can be any person.

-- Every role that a request or a person can log in as or run as.
with recursive
arrival as materialized (
  select r.*, r.rolname like 'todo\_psql\_%' as is_personal
  from role as r
  where r.is_server or r.rolname = 'todo_user' or r.rolname like 'todo\_psql\_%'
),
membership as materialized (
  select m.member, m.roleid, r.rolname, r.name as role, g.name as grantor, m.inherit_option
  from pg_catalog.pg_auth_members as m
  join role as r on r.oid = m.roleid
  join role as g on g.oid = m.grantor
),
-- The roles that each can become; `via` is the first membership on the way. Any option of a membership counts,
-- because pg_has_role and the identity only ask for membership.
reach as (
  select a.oid as arrival, m.roleid as via, m.roleid as role
  from arrival as a
  join membership as m on m.member = a.oid
  union
  select r.arrival, r.via, m.roleid
  from reach as r
  join membership as m on m.member = r.role
),
owning as materialized (
  select c.relowner as oid from relation as c
  union select f.proowner from routine as f
  union select s.nspowner from schema as s
  union select p.datdba from place as p
)
select 'LOGIN_MISSING', 'error', n.name, format('There is no role %I.', n.name),
  '-- npm run db -- migrate; npm start does it for the embedded database'
from (select $1 as name union select 'todo_authenticator' union select 'todo_user') as n
where not exists (select from role as r where r.rolname = n.name)
union all

-- What a role is itself. The last fix is for a server that connects as the wrong role.
select x.code, 'error', x.name, format(x.message, x.name),
  case when x.is_personal or x.rolname in ('todo_authenticator', 'todo_user') then format(x.fix, x.name)
    else '-- connect the server as todo_authenticator (AUTH_DATABASE_URL)' end
from (
  select a.name, a.rolname, a.is_personal, v.*
  from arrival as a
  cross join lateral (values
    ('LOGIN_SUPERUSER', a.rolsuper, '%s is a superuser: no policy binds it.', 'alter role %s nosuperuser;'),
    ('LOGIN_BYPASSRLS', a.rolbypassrls, '%s has BYPASSRLS: no policy binds it.',
      'alter role %s nobypassrls;'),
    ('LOGIN_OWNER', exists (select from owning as o where o.oid = a.oid),
      '%s owns objects of this database, and may change them.',
      format('reassign owned by %%s to %s;',
        (select o.name from place as p join role as o on o.oid = p.owner))),
    ('LOGIN_ATTRIBUTE', a.has_powers, '%s may create roles or databases, or replicate.',
      'alter role %s nocreaterole nocreatedb noreplication;'),
    ('LOGIN_ATTRIBUTE', a.rolname = 'todo_user' and a.rolcanlogin,
      '%s can log in; it is for set role only.', 'alter role %s nologin;')
  ) as v (code, broken, message, fix)
  where v.broken
) as x
union all

-- What a role can become, at any distance. The most dangerous role on the way gives the code.
select x.code, 'error', x.name, format('%s can become %s%s.', x.name, x.via, x.why),
  format('revoke %s from %s granted by %s;', x.via, x.name, x.grantor)
from (
  select distinct on (a.oid, m.roleid, m.grantor) a.name, m.role as via, m.grantor, v.code, v.why
  from reach as e
  join arrival as a on a.oid = e.arrival
  join role as o on o.oid = e.role
  join membership as m on m.member = e.arrival and m.roleid = e.via
  cross join lateral (values
    (1, 'LOGIN_SUPERUSER', o.rolsuper, ', a superuser'),
    (2, 'LOGIN_BYPASSRLS', o.rolbypassrls, ', which no policy binds'),
    (3, 'LOGIN_OWNER', exists (select from owning as w where w.oid = o.oid),
      ', who owns objects of this database'),
    (4, 'LOGIN_ATTRIBUTE', o.has_powers, ', who may create roles or databases, or replicate'),
    -- The server may become todo_user. Another server login may be a member of todo_authenticator.
    (5, 'LOGIN_MEMBER', not (a.is_server and (o.rolname = 'todo_user'
        or (o.rolname = 'todo_authenticator' and a.rolname = $1))), '')
  ) as v (rank, code, broken, why)
  where v.broken
  order by a.oid, m.roleid, m.grantor, v.rank
) as x
union all

-- A member of these can be any person, or gets what the API's role is given. At any distance, and whether
-- CONNECT is the role's own or inherited.
select 'LOGIN_MEMBER', 'error', r.name,
  format('%s is a member of %s, and may connect.', r.name, string_agg(distinct g.name, ' and ')),
  string_agg(distinct format('revoke %s from %s granted by %s;', m.role, r.name, m.grantor), ' ')
from role as g
join role as r on r.oid not in (0, g.oid) and not r.trusted and pg_has_role(r.oid, g.oid, 'member')
join membership as m on m.member = r.oid and pg_has_role(m.roleid, g.oid, 'member')
where g.rolname in ('todo_authenticator', 'todo_user')
  and not exists (select from arrival as a where a.oid = r.oid)
  and has_database_privilege(r.oid, (select p.database from place as p), 'connect')
group by r.name
union all

-- The server has todo_user's rights only between `set role` and the end of the transaction: a request
-- that forgot to switch then reads nothing.
select 'LOGIN_INHERITS', 'error', a.name,
  format('%s has the rights of todo_user without switching to it.', a.name),
  concat_ws(' ', format('alter role %s noinherit;', a.name),
    string_agg(format('grant todo_user to %s with inherit false granted by %s;', a.name, m.grantor), ' ')
      filter (where m.inherit_option))
from arrival as a
left join membership as m on m.member = a.oid and m.rolname = 'todo_user'
where a.is_server and (a.rolinherit or m.inherit_option)
group by a.name
union all

-- The server's login holds no rights on tables itself, for the same reason.
select 'LOGIN_GRANTS', 'error', h.role,
  format('%s has rights on %s itself.', h.role, string_agg(distinct h.name, ', ')),
  string_agg(distinct format('revoke all on %s from %s;', h.name, h.role), ' ')
from held as h where h.is_server and h.served
group by h.role
union all

-- A claim or role that every session starts with: a request without a claim becomes that person. In replica
-- mode no trigger runs, and with row_security off every query fails. A personal login is not judged: its
-- identity reads no setting, and its settings must not stop the server.
select 'LOGIN_SETTING', 'error', coalesce(r.name, 'database ' || quote_ident(p.datname)),
  format('Every session of %s starts with %s.', coalesce(r.name, 'database ' || quote_ident(p.datname)),
    split_part(s, '=', 1)),
  format('alter %s reset %s;', case
      when d.setrole = 0 then 'database ' || quote_ident(p.datname)
      when d.setdatabase = 0 then 'role ' || r.name
      else format('role %s in database %I', r.name, p.datname) end, split_part(s, '=', 1))
from place as p
join pg_catalog.pg_db_role_setting as d on d.setdatabase in (0, p.database)
left join role as r on r.oid = d.setrole and d.setrole <> 0
cross join lateral unnest(d.setconfig) as s
where s ~ '^(jwt\.|role=|session_authorization=|session_replication_role=|row_security=off)'
  and (d.setrole = 0 or r.is_server)
union all

-- roles.sql gives the reason for each setting.
select 'LOGIN_DEFAULTS', 'warning', 'todo_authenticator',
  format('Sessions of todo_authenticator start without %s: '
    'pages of large accounts may be read whole, times may be written in another zone.',
    string_agg(format('%s = %s', x.name, x.value), ', ')),
  string_agg(format('alter role todo_authenticator set %s = %L;', x.name, x.value), ' ')
from role as r
cross join (values ('enable_bitmapscan', 'off'), ('random_page_cost', '1.1'), ('jit', 'off'),
  ('TimeZone', 'UTC')) as x (name, value)
where r.rolname = 'todo_authenticator' and not exists (
  select from pg_catalog.pg_db_role_setting as s
  where s.setrole = r.oid and s.setdatabase = 0 and x.name || '=' || x.value = any (s.setconfig)
)
having count(*) > 0
union all

-- FORCE cannot bind a superuser or BYPASSRLS. Some hosts give no other owner: a warning.
select 'OWNER_BYPASSES', 'warning', r.name,
  format('The owner %s is a superuser or has BYPASSRLS: '
    'no policy binds its sessions and its SECURITY DEFINER functions.', r.name),
  '-- give the objects to an owner that has only CREATEROLE, and migrate as that owner'
from place as p join role as r on r.oid = p.owner where r.rolsuper or r.rolbypassrls
