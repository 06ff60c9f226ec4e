-- Tables: row level security is on and binds the owner, and each row belongs to one existing person.
-- Protects from rows that everybody sees and from rows that nobody can remove.

-- Without `enable` every grantee sees every row.
select 'RLS_OFF', 'error', c.name, format('Row level security is off on %s.', c.name),
  format('alter table %s enable row level security, force row level security;', c.name)
from relation as c where c.served and c.is_table and not c.relrowsecurity
union all

-- Without FORCE the owner bypasses the policies, and so does each SECURITY DEFINER function.
select 'RLS_NOT_FORCED', 'error', c.name,
  format('Row level security on %s does not hold for its owner.', c.name),
  format('alter table %s force row level security;', c.name)
from relation as c where c.served and c.is_table and c.relrowsecurity and not c.relforcerowsecurity
union all

-- No policy can keep rows apart that belong to nobody.
select 'OWNER_MISSING', 'error', c.name,
  format('%s is granted to %s, has no owner column, and its comment says neither @member nor @reference: '
    'its rows belong to nobody.', c.name, string_agg(distinct g.roles, ', ')),
  format('revoke all on %s from %s;', c.name, string_agg(distinct g.roles, ', '))
from relation as c join granted as g on g.relation = c.oid
where c.served and c.is_table and c.kind is null and not c.relispartition
group by c.name
union all

-- A null owner matches no policy: the row exists, and nobody can see or remove it.
select 'OWNER_NULLABLE', 'error', c.name,
  format('%s.%I may be null: such a row belongs to nobody.', c.name, c.owner),
  format('alter table %s alter column %I set not null;', c.name, c.owner)
from relation as c where not c.owner_not_null
union all

-- Without a valid foreign key the owner may not exist. Without a cascade rows outlive their account.
select 'OWNER_NOT_REFERENCED', 'error', c.name,
  format('%s.%I does not reference "user" on delete cascade: rows may outlive their account.', c.name, c.owner),
  format('alter table %s add foreign key (%I) references public."user" (id) on delete cascade;', c.name,
    c.owner)
from relation as c
where c.kind = 'owned' and not c.is_user and not c.relispartition
  and not exists (
    select from reference as k where k.conrelid = c.oid and k.confdeltype = 'c' and k.keeps_owner and k.is_enforced
  )
union all

-- Each statement compares the owner column. Without an index it reads everybody's rows.
select 'OWNER_INDEX_MISSING', 'error', c.name, format('No index of %s begins with %I.', c.name, c.owner),
  format('create index on %s (%I);', c.name, c.owner)
from relation as c
where c.owner is not null and not c.relispartition
  and not exists (
    select from index as i
    where i.relation = c.oid and i.indkey[0] = c.owner_number and i.is_total and i.indisvalid
  )
union all

select 'PRIMARY_KEY_MISSING', 'warning', c.name, format('%s has no primary key.', c.name),
  format('alter table %s add primary key (%s);', c.name, coalesce(
    (select 'id' from attribute as a where a.attrelid = c.oid and a.attname = 'id'),
    (select string_agg(a.name, ', ' order by a.attnum) from attribute as a
      where a.attrelid = c.oid and a.attnotnull), '…'))
from relation as c
where c.served and c.is_table and not c.relispartition
  and not exists (select from index as i where i.relation = c.oid and i.indisprimary)
union all

-- todo_user may not write the owner column, so without its default every insert fails.
select 'OWNER_DEFAULT_MISSING', 'error', c.name,
  format('%s.%I does not default to the current person, so no row can be created.', c.name, c.owner),
  format('alter table %s alter column %I set default app_private.current_user_id();', c.name, c.owner)
from relation as c
where c.kind = 'owned' and not c.is_user and not c.relispartition
  and exists (select from held as h where h.relation = c.oid and h.privilege = 'insert' and h.grantee <> 0)
  and not exists (
    select from pg_catalog.pg_attrdef as d
    where d.adrelid = c.oid and d.adnum = c.owner_number
      and pg_get_expr(d.adbin, d.adrelid) = 'app_private.current_user_id()'
  )
union all

-- A rule rewrites a statement before policies and grants are applied to it.
select 'RULE_REWRITES', 'error', format('%I on %s', w.rulename, c.name),
  format('The rule %I of %s replaces statements by others.', w.rulename, c.name),
  format('drop rule %I on %s;', w.rulename, c.name)
from pg_catalog.pg_rewrite as w
join relation as c on c.oid = w.ev_class
where w.rulename <> '_RETURN'
