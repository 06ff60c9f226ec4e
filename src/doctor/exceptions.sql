-- Exceptions. A line `@doctor allow CODE: reason` at the start of an object's comment turns the finding CODE
-- of this object into the level `allowed`: it refuses nothing any more and is still printed each time.
-- PostGraphile strips such a line from the API's documentation, but only in front of the text.
named (classid, objid, subid, object) as (
  select 'pg_catalog.pg_class'::pg_catalog.regclass::oid, c.oid, 0, c.name from relation as c
  union all
  select 'pg_catalog.pg_class'::pg_catalog.regclass, c.oid, a.attnum, format('%s.%s', c.name, a.name)
  from relation as c join attribute as a on a.attrelid = c.oid
  union all
  select 'pg_catalog.pg_class'::pg_catalog.regclass, i.oid, 0, format('%I on %s', i.relname, c.name)
  from index as i join relation as c on c.oid = i.relation
  union all
  select 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid, 0, format('%I on %s', k.conname, c.name)
  from pg_catalog.pg_constraint as k join relation as c on c.oid = k.conrelid
  union all
  select 'pg_catalog.pg_policy'::pg_catalog.regclass, p.oid, 0, p.object from policy as p
  union all
  select 'pg_catalog.pg_proc'::pg_catalog.regclass, f.oid, 0, f.name from routine as f
  union all
  select 'pg_catalog.pg_trigger'::pg_catalog.regclass, t.oid, 0, t.object from trigger as t
  union all
  select 'pg_catalog.pg_namespace'::pg_catalog.regclass, s.oid, 0, 'schema ' || quote_ident(s.nspname)
  from schema as s
  union all
  select 'pg_catalog.pg_publication'::pg_catalog.regclass, b.oid, 0, 'publication ' || quote_ident(b.pubname)
  from pg_catalog.pg_publication as b
),
exception as materialized (
  select distinct n.object, l.line, m[1] as code, m[2] as reason
  from (
    select d.classoid, d.objoid, d.objsubid, d.description,
      length(coalesce(substring(d.description from '^((@[^\n]*(\n|$))+)'), '')) as tags
    from pg_catalog.pg_description as d where strpos(d.description, '@doctor') > 0
  ) as d
  join named as n on (n.classid, n.objid, n.subid) = (d.classoid, d.objoid, d.objsubid)
  cross join lateral regexp_split_to_table(d.description, '\n') as l (line)
  left join lateral regexp_match(l.line, '^@doctor allow ([A-Z_]+): (.*\S)') as m
    on strpos(left(d.description, d.tags), l.line) > 0
  where strpos(l.line, '@doctor') > 0
),
answer as (
  select f.code, case when e.reason is null then f.level else 'allowed' end as level, f.object, f.message,
    coalesce('-- allowed: ' || e.reason, f.fix) as fix
  from finding as f
  left join lateral (
    select e.reason from exception as e where (e.object, e.code) = (f.object, f.code) order by e.reason limit 1
  ) as e on true
  union all
  -- A line that allows nothing is a mistake, or is left over from one that is fixed.
  select 'EXCEPTION_UNUSED', 'warning', e.object,
    format('The comment of %s says "%s", and that allows nothing.', e.object, e.line),
    '-- write it at the start of the comment as `@doctor allow CODE: reason`, or take the line out'
  from exception as e
  where not exists (select from finding as f where (f.object, f.code) = (e.object, e.code))
)
select a.code, a.level, a.object, a.message, a.fix
from answer as a
order by array_position('{error,warning,allowed}', a.level), a.code, a.object collate "C",
  a.message collate "C"
