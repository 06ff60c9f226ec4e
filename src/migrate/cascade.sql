-- The objects that a cascade may take along. Schema direct is made anew after each migration; objects of an
-- extension are the extension's.
with schema as (
  select oid, nspname from pg_catalog.pg_namespace
  where nspname !~ '^pg_' and nspname not in ('information_schema', 'graphile_migrate', 'direct')
),
tabled as (
  select c.oid, c.relkind, c.relname, n.nspname, pg_catalog.format('%I.%I', n.nspname, c.relname) as label
  from pg_catalog.pg_class as c join schema as n on n.oid = c.relnamespace
)
select t.oid::integer, 'trigger' as kind, t.tgname as name,
  pg_catalog.format('trigger %I on %s', t.tgname, c.label) as label, c.oid::integer as table
from pg_catalog.pg_trigger as t join tabled as c on c.oid = t.tgrelid
-- A partition's triggers are its table's.
where not t.tgisinternal and t.tgparentid = 0
union all
select p.oid::integer, 'policy', p.polname, pg_catalog.format('policy %I on %s', p.polname, c.label), c.oid::integer
from pg_catalog.pg_policy as p join tabled as c on c.oid = p.polrelid
union all
select k.oid::integer, 'constraint', k.conname,
  pg_catalog.format('foreign key %I of %s', k.conname, c.label), c.oid::integer
from pg_catalog.pg_constraint as k join tabled as c on c.oid = k.conrelid
where k.contype = 'f' and k.conparentid = 0
union all
select c.oid::integer, 'view', c.relname, pg_catalog.format('view %s', c.label), null
from tabled as c where c.relkind in ('v', 'm')
union all
select f.oid::integer, 'function', f.proname,
  pg_catalog.format('function %I.%I(%s)', n.nspname, f.proname, pg_catalog.pg_get_function_identity_arguments(f.oid)),
  null
from pg_catalog.pg_proc as f join schema as n on n.oid = f.pronamespace
where not exists (
  select from pg_catalog.pg_depend as d
  where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = f.oid and d.deptype = 'e'
)
