-- Views. Protects from relations that return rows without the caller's policies.

-- Without security_invoker a view reads with its owner's rights, and the caller's policies do not apply.
select 'VIEW_NOT_INVOKER', 'error', c.name,
  format('The view %s reads with its owner''s rights instead of the caller''s.', c.name),
  format('alter view %s set (security_invoker = true);', c.name)
from relation as c
where c.served and c.relkind = 'v'
  and not exists (select from unnest(c.reloptions) as o where o collate "C" ~* '^security_invoker=(true|on|yes|1)$')
union all

-- A materialized view or a foreign table can have no policies.
select case h.relkind when 'm' then 'MATVIEW_GRANTED' else 'FOREIGN_TABLE_GRANTED' end, 'error', h.name,
  format('%s can have no policies, and is granted to %s.', h.name, string_agg(distinct h.role, ', ')),
  format('revoke all on %s from %s;', h.name, string_agg(distinct h.role, ', '))
from held as h
where h.served and h.relkind in ('m', 'f') and h.grantee <> 0
group by h.relkind, h.name
