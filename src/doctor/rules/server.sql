-- Logical replication carries every row, whatever the policies say.
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
  format('The logical slot %I keeps changes of every person for whoever reads it.', s.slot_name),
  format('select pg_drop_replication_slot(%L);', s.slot_name)
from pg_catalog.pg_replication_slots as s where s.slot_type = 'logical' and s.database = current_database()
union all

-- Holes in row level security itself, mended in these releases. No SQL can help.
select 'SERVER_VERSION', 'warning', 'PostgreSQL ' || current_setting('server_version'),
  format('This PostgreSQL has known holes in row level security (CVE-2026-120154, CVE-2026-116311 and others), mended in %s.', v.mended),
  format('-- update the server to PostgreSQL %s or later', v.mended)
from (select current_setting('server_version_num')::integer as number) as s
join (values
  (18, 180007, '18.7'), (17, 170012, '17.12'), (16, 160016, '16.16'), (15, 150020, '15.20')
) as v (major, number, mended)
  on v.major = greatest(s.number / 10000, 15) and s.number < v.number
