-- Keys and indexes. Protects from unique keys, indexes and foreign keys, which PostgreSQL checks without
-- policies: each could tell about other people's rows or attach a row to one of them.

-- "Already taken" tells that another person has the value, and ON CONFLICT can reach that row before its
-- policy does (CVE-2026-120154). A key of ids that nobody may choose is safe. "user".email is safe as long
-- as nobody may write it.
select 'UNIQUE_SPANS_USERS', 'error', format('%I on %s', i.relname, c.name),
  format('The unique key %I of %s does not begin with %I: it compares the values of different people.',
    i.relname, c.name, c.owner),
  case
    when e.is_email then format('revoke insert (email), update (email) on %s from %s;', c.name, e.writers)
    when i.indisexclusion then '-- make the exclusion constraint again, beginning with user_id with ='
    else format('%s create unique index on %s (%s)%s;',
      case when i.conname is null then format('drop index public.%I;', i.relname)
        else format('alter table %s drop constraint %I;', c.name, i.conname) end,
      c.name, concat_ws(', ', quote_ident(c.owner),
        (select string_agg(pg_get_indexdef(i.oid, n, false), ', ' order by n)
          from generate_series(1, i.indnkeyatts) as n where i.indkey[n - 1] <> c.owner_number)),
      coalesce(' where ' || i.predicate, ''))
  end
from index as i join relation as c on c.oid = i.relation
cross join lateral (
  select c.is_user and i.indnkeyatts = 1 and a.attname = 'email' as is_email, a.attname = 'id' as is_id,
    (select string_agg(distinct h.role, ', ') from held as h
      where h.relation = c.oid and h.attname = 'email' and h.privilege in ('insert', 'update')) as writers
  from (values (1)) as one
  left join attribute as a on a.attrelid = c.oid and a.attnum = i.indkey[0]
) as e
where c.owner is not null and not i.is_inherited and i.is_unique and i.indkey[0] <> c.owner_number
  -- Null, and so not true, for a key that begins with an expression.
  and (i.indisprimary and e.is_id) is not true
  and (e.is_email and e.writers is null) is not true
union all

-- PostgreSQL reads an index before it applies a policy. `order by title limit 1` passes other people's rows
-- until it finds an own one, and EXPLAIN ANALYZE counts them. Ids tell nothing.
select 'INDEX_SPANS_USERS', 'error', format('%I on %s', i.relname, c.name),
  format('The index %I of %s does not begin with %I, and a query of any person can use it.',
    i.relname, c.name, c.owner),
  case
    when not i.is_btree then '-- make the index again, beginning with the owner'
    else format('drop index %s; create index on %s (%s)%s;', i.name, c.name,
      concat_ws(', ', quote_ident(c.owner),
        (select string_agg(pg_get_indexdef(i.oid, n, false), ', ' order by n)
          from generate_series(1, i.indnkeyatts) as n where i.indkey[n - 1] <> c.owner_number)),
      coalesce(' where ' || i.predicate, ''))
  end
from index as i join relation as c on c.oid = i.relation
left join attribute as a on a.attrelid = c.oid and a.attnum = i.indkey[0]
where c.owner is not null and not i.is_inherited and i.is_searchable and i.indkey[0] <> c.owner_number
  and (i.indisprimary and a.attname = 'id') is not true
  -- Unique ones are UNIQUE_SPANS_USERS.
  and not i.is_unique
union all

-- Foreign keys are checked without policies: a plain one lets a row attach to another person's row, and tells
-- which ids exist. With the owner columns on both sides it attaches to the person's own rows only.
select 'FOREIGN_KEY_CROSSES_OWNER', 'error', format('%I on %s', k.conname, k.child),
  format('%s (%s) can point to another person''s row in %s.', k.child, k.columns, k.parent),
  case when k.child_kind <> k.parent_kind then '-- make both tables @member of the same thing, or both owned'
  else format('%salter table %s drop constraint %I; '
    'alter table %s add constraint %I foreign key (%I, %s) references %s (%I, %s)%s;%s',
    case when exists (
        select from index as i where i.relation = k.confrelid and i.is_unique and i.is_total
          and i.indnkeyatts = 1 + cardinality(k.confkey)
          and (i.indkey::smallint[])[0:i.indnkeyatts - 1] = k.parent_owner_number || k.confkey
      ) then '' else format('alter table %s add unique (%I, %s); ', k.parent, k.parent_owner, k.targets) end,
    k.child, k.conname, k.child, k.conname, k.child_owner, k.columns, k.parent, k.parent_owner, k.targets,
    case k.confdeltype when 'c' then ' on delete cascade'
      when 'n' then format(' on delete set null (%s)', k.columns)
      when 'd' then format(' on delete set default (%s)', k.columns)
      when 'r' then ' on delete restrict' else '' end,
    case when exists (
        select from index as i where i.relation = k.conrelid and i.is_total
          and i.indnkeyatts > cardinality(k.conkey)
          and (i.indkey::smallint[])[0:cardinality(k.conkey)] @> (k.child_owner_number || k.conkey)
      ) then '' else format(' create index on %s (%I, %s);', k.child, k.child_owner, k.columns) end) end
from reference as k
where k.child_owner is not null and k.parent_owner is not null and not k.to_user and not k.keeps_owner
union all

-- The API orders texts by a collation that it names (src/graphql/schema/texts.ts), so an index in the order of the
-- database serves no page. Judged by its form: owner, text, id. An index for comparisons has no id.
select 'INDEX_COLLATION', 'warning', format('%I on %s', i.relname, c.name),
  format('The index %I of %s orders %I as the database does. The API orders texts by "und-x-icu" and cannot use it.',
    i.relname, c.name, a.attname),
  format('drop index %s; create index %I on %s (%s)%s;', i.name, i.relname, c.name,
    (select string_agg(pg_get_indexdef(i.oid, n, false)
          || case when n = i.indnkeyatts - 1 then ' collate pg_catalog."und-x-icu"' else '' end, ', ' order by n)
      from generate_series(1, i.indnkeyatts) as n),
    coalesce(' where ' || i.predicate, ''))
from index as i join relation as c on c.oid = i.relation
join attribute as a on a.attrelid = c.oid and a.attnum = i.indkey[i.indnkeyatts - 2] and a.attnotnull
join attribute as last on last.attrelid = c.oid and last.attnum = i.indkey[i.indnkeyatts - 1] and last.attname = 'id'
where c.served and i.is_btree and not i.is_unique and not i.is_inherited and i.indkey[0] = c.owner_number
  and i.indcollation[i.indnkeyatts - 2] = 'pg_catalog.default'::pg_catalog.regcollation
  -- A column with a collation of its own keeps it in the API.
  and a.attcollation = 'pg_catalog.default'::pg_catalog.regcollation
union all

-- Each delete of a parent would otherwise read the whole child.
select 'FOREIGN_KEY_NO_INDEX', 'warning', format('%I on %s', k.conname, k.child),
  format('No index of %s begins with %s, which references %s.', k.child, k.columns, k.parent),
  format('create index on %s (%s);', k.child, k.columns)
from reference as k
-- OWNER_INDEX_MISSING covers the owner's own reference. An index without the owner column is
-- INDEX_SPANS_USERS.
where not (k.to_user and k.conkey = array[k.child_owner_number])
  and (k.child_owner_number = any (k.conkey)) is not false
  and not exists (
    select from index as i where i.relation = k.conrelid and i.is_total and i.indisvalid
      and i.indnkeyatts >= cardinality(k.conkey)
      and (i.indkey::smallint[])[0:cardinality(k.conkey) - 1] @> k.conkey
  )
union all

-- A foreign key to "user" beside the owner's tells which ids exist, because a missing one is refused, and
-- without a cascade nobody can delete an account that somebody else's row names.
select 'USER_REFERENCE', 'error', format('%I on %s', k.conname, k.child),
  case when k.child_served
    then format('%s (%s) references "user" beside the owner: it tells which accounts exist.', k.child, k.columns)
    else format('%s (%s) stops the deletion of an account.', k.child, k.columns) end,
  case when k.child_served then format('alter table %s drop constraint %I;', k.child, k.conname)
    else format(
      'alter table %s drop constraint %I, add constraint %I foreign key (%s) '
        'references public."user" (%s) on delete cascade;',
      k.child, k.conname, k.conname, k.columns, k.targets) end
from reference as k
where k.to_user
  and case
    -- A column of a member table that nobody may write tells nothing.
    when k.child_kind = 'member' and not exists (
      select from held as h join unnest(k.conkey) as n (attnum) on n.attnum = h.attnum
      where h.relation = k.conrelid and h.privilege in ('insert', 'update')
    ) then k.confdeltype not in ('c', 'n', 'd')
    when k.child_served then k.conkey <> array[k.child_owner_number]
    else k.confdeltype not in ('c', 'n', 'd') end
