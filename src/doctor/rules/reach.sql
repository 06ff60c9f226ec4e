-- What a person can start, directly or by a call inside: functions that set the identity, put SQL together
-- at run time, notify other sessions, or use the owner's rights. Protects the one way to be somebody.
--
-- SQL-standard bodies are judged by what PostgreSQL recorded when it parsed them. All other bodies are text:
-- a name counts wherever it stands, also in a comment or a string, since text can be spelled around.
with recursive
-- Where a person comes in: a function that todo_user, PUBLIC or a login may execute, or a trigger function.
-- A trigger function runs with the rights of the statement, and that may be a SECURITY DEFINER function's.
-- Not schema direct: it is generated, and DIRECT_CHANGED compares it with what would be made. What its functions
-- call in schema public counts there.
entry as materialized (
  select f.oid, f.name, f.prosecdef as is_elevated,
    string_agg(distinct case when r.rolname like 'todo\_psql\_%' then 'todo_psql_*' else r.name end, ', ')
      || ' may execute it' as who,
    string_agg(distinct format('revoke execute on routine %s from %s;', f.name, r.name), ' ') as fix
  from routine as f
  cross join lateral aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) as a
  join role as r on r.oid = a.grantee
  where a.grantee <> f.proowner and not r.is_server and not r.trusted and f.name not like 'direct.%'
  group by f.oid, f.name, f.prosecdef
  union all
  select f.oid, f.name, true, 'the trigger ' || min(t.object) || ' runs it',
    string_agg(format('drop trigger %s;', t.object), ' ' order by t.object)
  from trigger as t
  join routine as f on f.oid = t.tgfoid
  where not t.tgisinternal and f.name not like 'direct.%'
  group by f.oid, f.name
),
word as materialized (
  select distinct f.oid, lower(w.match[1]) as word
  from routine as f
  cross join lateral regexp_matches(f.body, '[\w$\u0080-\U0010ffff]+', 'g') as w (match)
  where not f.is_standard
),
uses as materialized (
  select d.objid as routine, d.refclassid as classid, d.refobjid as used
  from pg_catalog.pg_depend as d
  where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
    and d.objid in (select f.oid from routine as f where f.is_standard)
),
call as materialized (
  select u.routine as caller, u.used as callee
  from uses as u where u.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
  union
  select u.routine, o.oprcode
  from uses as u
  join pg_catalog.pg_operator as o on o.oid = u.used
  where u.classid = 'pg_catalog.pg_operator'::pg_catalog.regclass
  union
  -- A view that the body reads may call functions.
  select u.routine, d.refobjid
  from uses as u
  join pg_catalog.pg_rewrite as w on w.ev_class = u.used
  join pg_catalog.pg_depend as d on d.objid = w.oid
    and d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
    and d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
  where u.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
  union
  select w.oid, g.oid from word as w join routine as g on lower(g.proname) = w.word
  union
  select f.oid, g.oid
  from routine as g
  join routine as f on not f.is_standard and strpos(f.body, g.proname) > 0
  where g.proname !~ '^[\w$]+$'
),
-- Without SECURITY DEFINER the caller's rights decide, and what it may execute is an entry of its own.
reached as (
  select e.oid as entry, e.oid as routine, e.is_elevated from entry as e
  union
  select r.entry, c.callee, true
  from reached as r
  join call as c on c.caller = r.routine
  where r.is_elevated
),
act as materialized (
  select f.oid, f.name,
    exists (
      select from unnest(f.proconfig) as o where o ~ '^(jwt\.|role=|session_authorization=)'
    ) or case when f.is_standard then f.body ~ '\mset_config\('
      else exists (
        select from word as w where w.oid = f.oid and w.word in ('set_config', 'jwt', 'session_authorization')
      ) or f.body ~* '\m(re)?set\M(\s|/\*.*?\*/|--[^\n]*\n)*\m(local|session|role)\M'
        or f.body ~* '\mu&["'']'
    end as sets_identity,
    case when f.is_standard then f.body ~ '\m(query_to_xml\w*|cursor_to_xml\w*|ts_stat|ts_rewrite|dblink\w*)\('
      else f.language not in ('sql', 'plpgsql')
        -- A constant statement with USING cannot be anything else than what it says.
        or regexp_replace(f.body, $$\mexecute\s*'([^']|'')*'\s*(;|\minto\M|\musing\M)$$, '', 'gi')
          ~* '\m(execute|query_to_xml\w*|cursor_to_xml\w*|ts_stat|ts_rewrite|dblink\w*)\M'
    end as is_dynamic,
    case when f.is_standard then f.body ~ '\mpg_notify\(' else f.body ~* '\m(pg_)?notify\M' end as notifies,
    not f.is_trigger and not exists (select from entry as e where e.oid = f.oid)
      and (f.provolatile = 'v' or exists (
        select from aclexplode(f.proacl) as a join role as r on r.oid = a.grantee where r.is_server
      )) as is_private
  from routine as f
),
-- Private tables with a column that names a person.
private_column as materialized (
  select c.oid as relation, c.relname, c.name, a.name as person
  from relation as c
  join attribute as a on a.attrelid = c.oid
  where not c.served and c.is_table and (a.attname = 'user_id' or exists (
    select from reference as k where k.conrelid = c.oid and k.to_user and k.conkey = array[a.attnum]
  ))
),
-- Functions that a person starts with the owner's rights, with the private tables that they name.
private_use as materialized (
  select f.oid, f.name, p.name as relation,
    -- In a SQL-standard body the comparison itself, in text the name of the identity.
    case when f.is_standard
      then bool_or(f.body ~ format('\m%s = (\( ?SELECT )?app_private\.current_user_id\(\)', p.person))
      else f.body ~* '\mcurrent_user_id\M' end as is_filtered
  from (select distinct r.routine from reached as r where r.is_elevated) as r
  join routine as f on f.oid = r.routine
  join private_column as p on case when f.is_standard
    then exists (select from uses as u where u.routine = f.oid and u.used = p.relation)
    else exists (select from word as w where w.oid = f.oid and w.word = lower(p.relname)) end
  where not f.is_trigger and f.name <> 'app_private.psql_user_id()'
  group by f.oid, f.name, f.is_standard, f.body, p.name
)
-- Each with the function that the person starts, since that is the one to close.
select x.code, 'error', e.name,
  format(x.message, e.name, string_agg(distinct a.name, ', '), e.who), e.fix
from reached as r
join act as a on a.oid = r.routine
join entry as e on e.oid = r.entry
cross join lateral (values
  ('FUNCTION_SETS_IDENTITY', a.sets_identity,
    '%s can act for another person, because %s sets the identity or a role; %s.'),
  ('FUNCTION_DYNAMIC_SQL', a.is_dynamic,
    '%s may run SQL that its caller chooses, '
      'because %s puts a statement together or is in a language that the doctor cannot read; %s.'),
  ('FUNCTION_NOTIFIES', a.notifies,
    '%s tells every session of this database what it sends, because %s notifies; %s.'),
  -- Only where nothing worse is reached: one finding says enough.
  ('FUNCTION_WRAPS_PRIVATE', a.is_private and not exists (
      select from reached as o join act as b on b.oid = o.routine
      where o.entry = r.entry and (b.sets_identity or b.is_dynamic)
    ),
    '%s opens a function that is the owner''s or the server''s only (%s); %s.')
) as x (code, is_found, message)
where x.is_found
group by x.code, x.message, e.name, e.who, e.fix
union all

-- Private tables have no policies: only the function's own condition keeps one person's rows from another.
select 'FUNCTION_READS_PRIVATE', 'error', p.name,
  format('%s uses %s with its owner''s rights, and does not compare its person with the identity.', p.name,
    string_agg(p.relation, ', ' order by p.relation)),
  coalesce((select e.fix from entry as e where e.oid = p.oid),
    '-- compare the person with app_private.current_user_id()')
from private_use as p
where not p.is_filtered and not (select a.sets_identity from act as a where a.oid = p.oid)
group by p.oid, p.name
