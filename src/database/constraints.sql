-- One row per constraint of a table or domain and per unique index. A partition's constraint has another name
-- than the one of the partitioned table, and PostgreSQL reports the partition's: its comment is the parent's.
-- Objects with an oid below 16384 are PostgreSQL's own (FirstNormalObjectId in access/transam.h).
with recursive
-- Constraints that a partition has from its parent, with the topmost of them.
inherited as (
  select oid, oid as root from pg_catalog.pg_constraint where conparentid = 0 and oid >= 16384
  union all
  select c.oid, i.root from pg_catalog.pg_constraint as c join inherited as i on i.oid = c.conparentid
),
rule as (
  select
    c.conrelid as relation, c.contypid as domain, c.conname as name,
    array(
      select a.attname::text from unnest(c.conkey) with ordinality as k (attnum, place)
      join pg_catalog.pg_attribute as a on a.attrelid = c.conrelid and a.attnum = k.attnum
      order by k.place
    ) as columns,
    -- By name: the server's login has no right on the schema, and to_regclass would fail.
    c.contype = 'f' and exists (
      select from pg_catalog.pg_class as t
      join pg_catalog.pg_namespace as s on s.oid = t.relnamespace
      where t.oid = c.confrelid and t.relname = 'user' and s.nspname = 'public'
    ) as account,
    case when c.contype = 'c' and c.conrelid <> 0 then pg_catalog.pg_get_constraintdef(c.oid) end as definition,
    coalesce(
      pg_catalog.obj_description(c.oid, 'pg_constraint'),
      pg_catalog.obj_description(i.root, 'pg_constraint'),
      -- The comment may be on the index of the constraint.
      case when c.contype in ('p', 'u', 'x') then pg_catalog.obj_description(c.conindid, 'pg_class') end,
      -- A check has the same name in each partition.
      (
        select pg_catalog.obj_description(top.oid, 'pg_constraint') from pg_catalog.pg_constraint as top
        where c.contype = 'c' and c.conrelid <> 0 and top.contype = 'c' and top.conname = c.conname
          and top.conrelid = pg_catalog.pg_partition_root(c.conrelid)
      )
    ) as comment
  from pg_catalog.pg_constraint as c
  join inherited as i on i.oid = c.oid
  where c.contype in ('c', 'f', 'p', 'u', 'x')
  union all
  -- Unique indexes that are no constraint: partial ones, and those of an expression.
  select
    i.indrelid, 0, x.relname,
    array(
      select a.attname::text from pg_catalog.pg_attribute as a
      where a.attrelid = i.indrelid and a.attnum > 0 and (
        a.attnum = any ((i.indkey::smallint[])[0:i.indnkeyatts - 1])
        -- The columns of an expression are known as dependencies, together with those of the condition.
        or i.indexprs is not null and i.indpred is null and exists (
          select from pg_catalog.pg_depend as d
          where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = i.indexrelid
            and d.refobjid = i.indrelid and d.refobjsubid = a.attnum
        )
      )
      order by a.attnum
    ),
    false, null,
    coalesce(
      pg_catalog.obj_description(i.indexrelid, 'pg_class'),
      pg_catalog.obj_description(pg_catalog.pg_partition_root(i.indexrelid), 'pg_class')
    )
  from pg_catalog.pg_index as i
  join pg_catalog.pg_class as x on x.oid = i.indexrelid
  where i.indisunique and i.indexrelid >= 16384 and not exists (
    select from pg_catalog.pg_constraint as c
    where c.conindid = i.indexrelid and c.contype in ('p', 'u', 'x')
  )
)
select
  n.nspname as schema, coalesce(r.relname, t.typname) as of, rule.name, rule.columns, rule.account, rule.definition,
  root_schema.nspname as root_schema, root.relname as root, rule.comment
from rule
left join pg_catalog.pg_class as r on r.oid = rule.relation
left join pg_catalog.pg_type as t on t.oid = rule.domain
join pg_catalog.pg_namespace as n on n.oid = coalesce(r.relnamespace, t.typnamespace)
left join pg_catalog.pg_class as root
  on root.oid = case when r.relispartition then pg_catalog.pg_partition_root(r.oid) else r.oid end
left join pg_catalog.pg_namespace as root_schema on root_schema.oid = root.relnamespace
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema';
