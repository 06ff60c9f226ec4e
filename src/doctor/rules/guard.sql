-- The restrictive policy select_guard. Protects a login that reads a table itself from conditions that run
-- before select_own.

-- A leakproof condition of the query may run before select_own, and its effect shows. The guard is the same
-- rule in the form that the planner checks first, because its cost is zero: see 000002-user.sql.
select 'GUARD_MISSING', 'error', c.name,
  format('%s has no select_guard: conditions of a query can be checked on other people''s rows.', c.name),
  format('drop policy if exists select_guard on %1$s; create policy select_guard on %1$s as restrictive for select using ((select app_private.is_current_user())[%2$I] or (''{"2147483647": true}''::jsonb)[%2$I] is not null); comment on policy select_guard on %1$s is %3$L;',
    c.name, c.owner,
    'select_own again, written so that it is checked before any condition of the query.')
from relation as c
where c.owner is not null
  and exists (
    select from policy as p
    where p.relation = c.oid and p.polpermissive and p.command in ('select', 'all')
  )
  and not exists (
    select from policy as p
    where p.relation = c.oid and not p.polpermissive and p.command in ('select', 'all')
      and regexp_replace(p.qual, '\s+', '', 'g') = format(
        $$(((SELECTapp_private.is_current_user()ASis_current_user))[%1$s]OR(('{"2147483647":true}'::jsonb)[%1$s]ISNOTNULL))$$,
        quote_ident(c.owner))
  )
