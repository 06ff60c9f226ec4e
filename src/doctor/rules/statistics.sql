-- Statistics. Protects from estimates that show what other people wrote.

-- Statistics hold samples of everybody's values. The planner makes its estimates from them, and EXPLAIN shows
-- the estimates to a login that may read the table: by halving, a text can be read. Queries find rows by
-- their owner, so no plan gets worse without them.
select 'STATISTICS_KEPT', 'error', x.object,
  format('PostgreSQL keeps samples of %s, and its estimates show them to everybody.', x.object), x.fix
from (
  select format('%s.%s', c.name, a.name) as object,
    concat_ws(' ', format('alter table %s alter column %s set statistics 0;', c.name, a.name),
      -- That takes no more samples; it does not forget those that have been taken. Before PostgreSQL 18 only
      -- a change of the type does, also to the same, which rewrites nothing; where no function, policy
      -- or view knows the column.
      case when current_setting('server_version_num')::integer >= 180000
        then format('select pg_clear_attribute_stats(%L, %L, %L, false);', c.nspname, c.relname, a.attname)
        when not exists (select from pg_catalog.pg_depend as d
          where d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = c.oid
            and d.refobjsubid = a.attnum and d.classid not in (
              'pg_catalog.pg_class'::pg_catalog.regclass, 'pg_catalog.pg_constraint'::pg_catalog.regclass))
        then format('alter table %s alter column %s type %s%s;', c.name, a.name,
          format_type(a.atttypid, a.atttypmod),
          case when a.attcollation <> 0 then format(' collate %s', a.attcollation::regcollation) end)
      end) as fix
  from relation as c join attribute as a on a.attrelid = c.oid
  where c.owner is not null and a.has_samples
  union all
  -- An index keeps statistics of its expressions.
  select format('%s of the index %s', pg_get_indexdef(i.oid, a.attnum, false), i.name),
    concat_ws(' ', format('alter index %s alter column %s set statistics 0;', i.name, a.attnum),
      case when current_setting('server_version_num')::integer >= 180000
        then format('select pg_clear_attribute_stats(%L, %L, %L, false);', c.nspname, i.relname, a.attname)
      end)
  from index as i
  join relation as c on c.oid = i.relation
  join pg_catalog.pg_attribute as a on a.attrelid = i.oid and a.attnum <= i.indnkeyatts
  join pg_catalog.pg_type as t on t.oid = a.atttypid
  where c.owner is not null and i.indkey[a.attnum - 1] = 0 and coalesce(a.attstattarget, -1) <> 0
    and (t.typcategory = 'S' or t.oid = 'pg_catalog.bytea'::pg_catalog.regtype)
  union all
  -- Extended statistics keep them too, of plain columns only where those have samples.
  select format('the statistics %I.%I', s.nspname, e.stxname),
    format('drop statistics %I.%I;', s.nspname, e.stxname)
  from pg_catalog.pg_statistic_ext as e
  join relation as c on c.oid = e.stxrelid
  join schema as s on s.oid = e.stxnamespace
  where c.owner is not null and e.stxexprs is not null
) as x
