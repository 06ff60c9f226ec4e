-- The server: ways out of the database that are not SQL statements, its version and its collations.

-- Logical replication carries every row, without policies.
select 'REPLICATION', 'warning', 'publication ' || quote_ident(b.pubname),
  format('The publication %I carries rows of every person out of this database.', b.pubname),
  format('drop publication %I;', b.pubname)
from pg_catalog.pg_publication as b
where b.puballtables
  or exists (select from pg_catalog.pg_publication_rel as t join relation as c on c.oid = t.prrelid
    where t.prpubid = b.oid)
  or exists (select from pg_catalog.pg_publication_namespace as t join schema as s on s.oid = t.pnnspid
    where t.pnpubid = b.oid)
union all
select 'REPLICATION', 'warning', 'slot ' || quote_ident(s.slot_name),
  format('The logical slot %I keeps changes of every person for its reader.', s.slot_name),
  format('select pg_drop_replication_slot(%L);', s.slot_name)
from pg_catalog.pg_replication_slots as s where s.slot_type = 'logical' and s.database = current_database()
union all

-- Holes in row level security itself, fixed in these releases. No SQL can help.
select 'SERVER_VERSION', 'warning', 'PostgreSQL ' || current_setting('server_version'),
  format('This PostgreSQL has known holes in row level security '
      '(CVE-2026-120154, CVE-2026-116311 and others), fixed in %s.', v.fixed_in),
  format('-- update the server to PostgreSQL %s or later', v.fixed_in)
from (select current_setting('server_version_num')::integer as number) as s
join (values
  (18, 180007, '18.7'), (17, 170012, '17.12'), (16, 160016, '16.16'), (15, 150020, '15.20')
) as v (major, number, fixed_in)
  on v.major = greatest(s.number / 10000, 15) and s.number < v.number
union all

-- An event trigger runs for every session that changes the schema, or that logs in.
select 'EVENT_TRIGGER', 'warning', 'event trigger ' || quote_ident(e.evtname),
  format('The event trigger %I runs %s at each %s.', e.evtname, f.name, e.evtevent),
  format('drop event trigger %I;', e.evtname)
from pg_catalog.pg_event_trigger as e
join routine as f on f.oid = e.evtfoid
union all

-- The collation of the operating system or of ICU changed after an index was built, so its order no longer holds: a unique
-- key may take a value twice.
select 'COLLATION_VERSION', 'warning', x.object,
  format('%s was version %s when its indexes were built and is %s now.', x.object, x.recorded, x.actual),
  x.fix
from (
  select 'database ' || quote_ident(d.datname) as object, d.datcollversion as recorded,
    pg_database_collation_actual_version(d.oid) as actual,
    concat_ws(' ', (select string_agg(format('reindex table %s;', c.name), ' ' order by c.name)
        from relation as c where c.is_table and not c.relispartition),
      format('alter database %I refresh collation version;', d.datname)) as fix
  from pg_catalog.pg_database as d
  where d.oid = (select p.database from place as p)
  union all
  select 'collation ' || l.oid::regcollation::text, l.collversion, pg_collation_actual_version(l.oid),
    concat_ws(' ', (select string_agg(distinct format('reindex table %s;', c.name), ' ')
        from sorted as o join relation as c on c.oid = o.relation
        where o.sort_by = l.oid and c.is_table and not c.relispartition),
      -- The collations that PostgreSQL makes belong to a superuser.
      case when l.collnamespace = 'pg_catalog'::pg_catalog.regnamespace then '-- as a superuser:' end,
      format('alter collation %s refresh version;', l.oid::regcollation))
  from pg_catalog.pg_collation as l
  where l.collversion is not null and l.oid in (select o.sort_by from sorted as o)
) as x
where x.recorded <> x.actual
