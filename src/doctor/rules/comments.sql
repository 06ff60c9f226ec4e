-- Comments are the API's documentation.

select 'COMMENT_MISSING', 'warning', x.object,
  format('%s has no comment; the API shows it as its documentation.', x.object),
  format('comment on %s is ''…'';', x.object)
from (
  select format('%s %s', case c.relkind when 'v' then 'view' when 'm' then 'materialized view'
    when 'f' then 'foreign table' else 'table' end, c.name) as object
  from relation as c
  where c.served and c.relkind <> 'S' and not c.relispartition
    and obj_description(c.oid, 'pg_class') is null
  union all
  select format('column %s.%I', c.name, a.attname)
  from relation as c join attribute as a on a.attrelid = c.oid
  where c.served and c.relkind <> 'S' and not c.relispartition and col_description(c.oid, a.attnum) is null
  union all
  select 'policy ' || p.object from policy as p where obj_description(p.oid, 'pg_policy') is null
  union all
  select format('%s %s',
    case f.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end, f.name)
  from routine as f where f.served and obj_description(f.oid, 'pg_proc') is null
) as x
