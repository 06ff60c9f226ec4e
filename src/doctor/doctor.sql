-- The doctor: what is unsafe in this database, and the SQL that mends it. Reads the catalogue only, so
-- any login gets the same answer; changes nothing. One row is one finding: code, level, object, message,
-- fix. An error is a hole or a broken promise of the schema, a warning something to know or to mend by
-- other means than SQL. The codes are stable and explained in docs/doctor.md.
--
-- $1 is the login to judge beside todo_authenticator: the server passes its own.
--
-- Relations are qualified here and in what comes out. Built-in functions and operators are not:
-- pg_catalog is searched first unless a session says otherwise, and the runner pins the search_path. To
-- run the file by hand, app_private must not be in it, because expressions are compared as text.
--
-- Words: *served* is what the API shows, schema public. *Owned* is a served table whose rows belong to
-- people: "user" by its id, any other by its user_id. The *identity* is app_private.current_user_id().
with recursive
place as materialized (
  select d.oid as database, d.datname, d.datdba, d.datacl, coalesce(n.nspowner, d.datdba) as owner
  from pg_catalog.pg_database as d
  left join pg_catalog.pg_namespace as n on n.nspname = 'app_private'
  where d.datname = current_database()
),
role as materialized (
  select r.oid, r.rolname, quote_ident(r.rolname) as name, r.rolsuper, r.rolbypassrls, r.rolinherit,
    r.rolcanlogin, r.rolcreaterole or r.rolcreatedb or r.rolreplication as has_powers,
    r.rolname in ($1, 'todo_authenticator') as is_server,
    -- Whose own rights are no finding: the owner, superusers, and the administrators that hosts add.
    r.rolsuper or r.oid = (select p.owner from place as p) or r.rolname in
      ('neon_superuser', 'rds_superuser', 'cloudsqlsuperuser', 'azure_pg_admin') as trusted
  from pg_catalog.pg_roles as r
  union all
  select 0, 'public', 'public', false, false, false, false, false, false, false
),
-- Every schema of ours; others' (a host's, an extension's) are none of the doctor's business.
schema as materialized (
  select n.oid, n.nspname, n.nspowner, n.nspacl, n.nspname = 'public' as served
  from pg_catalog.pg_namespace as n
  where n.nspname in ('public', 'app_private')
    or (n.nspowner = (select p.owner from place as p) and n.nspname !~ '^pg_')
),
extended as materialized (
  select d.classid, d.objid from pg_catalog.pg_depend as d where d.deptype = 'e'
),
-- Columns of our relations. Each catalogue is read once: on a new connection it costs more to look up
-- what a catalogue is than to read it.
attribute as materialized (
  select a.attrelid, a.attnum, a.attname, quote_ident(a.attname) as name, a.attnotnull, a.attidentity,
    a.attgenerated, a.attacl, a.atttypid, a.atttypmod, a.attcollation,
    -- What people write: its comparisons are leakproof, so statistics of it answer everybody's queries.
    -- Before PostgreSQL 17 "the default" is -1 and not null.
    coalesce(a.attstattarget, -1) <> 0
      and (t.typcategory = 'S' or t.oid = 'pg_catalog.bytea'::pg_catalog.regtype) as has_samples
  from pg_catalog.pg_attribute as a
  join pg_catalog.pg_type as t on t.oid = a.atttypid
  where a.attnum > 0 and not a.attisdropped and a.attrelid in (
    select c.oid from pg_catalog.pg_class as c
    where c.relnamespace in (select s.oid from schema as s) and c.relkind in ('r', 'p', 'v', 'm', 'f')
  )
),
relation as materialized (
  select c.oid, s.nspname, c.relname, format('%I.%I', s.nspname, c.relname) as name, s.served, c.relkind,
    c.relowner, c.relacl, c.relrowsecurity, c.relforcerowsecurity, c.relispartition, c.reloptions,
    c.relkind in ('r', 'p') as is_table, own.attname as owner, own.attnum as owner_number,
    own.attnotnull as owner_not_null, s.served and c.relname = 'user' as is_user
  from pg_catalog.pg_class as c
  join schema as s on s.oid = c.relnamespace
  left join attribute as own on own.attrelid = c.oid and c.relkind in ('r', 'p') and s.served
    and own.attname = case c.relname when 'user' then 'id' else 'user_id' end
  where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    and not exists (
      select from extended as e
      where e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and e.objid = c.oid
    )
),
-- Every right on a relation that is not its owner's own; `attname` is null where it is for all of it.
held as materialized (
  select x.relation, x.attname, x.attnum, x.attidentity, x.privilege, x.grantee, r.name as role, r.is_server,
    x.is_grantable
  from (
    select c.oid as relation, null::name as attname, null::smallint as attnum, null::"char" as attidentity,
      lower(a.privilege_type) as privilege, a.grantee, c.relowner, a.is_grantable
    from relation as c
    cross join lateral aclexplode(c.relacl) as a
    union all
    select c.oid, t.attname, t.attnum, t.attidentity, lower(a.privilege_type), a.grantee, c.relowner,
      a.is_grantable
    from relation as c
    join attribute as t on t.attrelid = c.oid and t.attacl is not null
    cross join lateral aclexplode(t.attacl) as a
  ) as x
  join role as r on r.oid = x.grantee
  where x.grantee <> x.relowner and not r.trusted
),
-- The same by command, for the policies that must stand behind it.
granted as materialized (
  select h.relation, h.privilege as command, string_agg(distinct h.role, ', ') as roles
  from held as h
  where h.grantee <> 0 and h.privilege in ('select', 'insert', 'update', 'delete')
  group by h.relation, h.privilege
),
policy as materialized (
  select p.oid, p.polname, quote_ident(p.polname) as name, p.polrelid as relation, c.name as relation_name,
    c.owner, p.polcmd, p.polpermissive, p.polroles, p.polqual is not null as has_using,
    p.polwithcheck is not null as has_check, pg_get_expr(p.polqual, p.polrelid) as qual,
    pg_get_expr(p.polwithcheck, p.polrelid) as with_check,
    format('%I on %s', p.polname, c.name) as object,
    case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update'
      when 'd' then 'delete' else 'all' end as command,
    quote_ident(c.owner) || ' = (select app_private.current_user_id())' as own
  from pg_catalog.pg_policy as p
  join relation as c on c.oid = p.polrelid
  where c.served
),
-- Each expression of a policy with what is wrong with it, or null. On an owned table only one form is
-- right: `owner = (select identity)`, alone or first in a chain of AND. A list of bad forms would always
-- have a gap (1 = 1, user_id = user_id, … or true), so every other form is a finding; its code says why.
judged_policy as materialized (
  select p.*, e.part, e.text,
    case
      when e.text ~ 'current_setting\(|\m(SESSION_USER|CURRENT_USER|CURRENT_ROLE|USER)\M' then 'POLICY_READS_SETTING'
      when not e.has_identity and p.owner is not null and p.polpermissive then 'POLICY_CONSTANT'
      -- Without an owner column a look at another table, under that table's policies, may do.
      when not e.has_identity and p.polpermissive and e.text !~ '\mFROM\M' then 'POLICY_CONSTANT'
      when e.wrapped <> e.text
        and (p.owner is null or not p.polpermissive or e.wrapped ~ e.right_form) then 'IDENTITY_PER_ROW'
      when p.owner is null or not p.polpermissive or e.text ~ e.right_form then null
      when e.text !~ format('\m%s\M', p.owner) then 'POLICY_WRONG_COLUMN'
      else 'POLICY_TOO_WIDE'
    end as verdict
  from policy as p
  cross join lateral (
    select x.part, x.text, x.text ~ 'app_private\.current_user_id\(\)' as has_identity,
      -- Every bare call put into a sub-select of its own.
      regexp_replace(x.text, '(?<!SELECT )app_private\.current_user_id\(\)',
        '( SELECT app_private.current_user_id() AS current_user_id)', 'g') as wrapped,
      format('^(\((%1$s)\)|\(\((%1$s)\) AND .*\))$',
        p.owner || ' = \( SELECT app_private\.current_user_id\(\) AS current_user_id\)') as right_form
    from (values ('using', p.qual), ('with check', p.with_check)) as x (part, text)
    where x.text is not null
  ) as e
),
index as materialized (
  select i.indexrelid as oid, i.indrelid as relation, i.indkey, i.indnkeyatts, i.indisprimary,
    i.indisunique or i.indisexclusion as is_unique, i.indpred is null as is_total, i.indisvalid,
    pg_get_expr(i.indpred, i.indrelid) as predicate, i.indisexclusion, c.relname, k.conname,
    format('%I.%I', r.nspname, c.relname) as name, m.amname = 'btree' as is_btree,
    -- Whether a query can be answered from its first key ahead of a policy: read in its order, by a
    -- distance, or by a leakproof operator. Nobody but the owner can name the collation bytewise, and as
    -- long as it is ICU's no prefix is found in it.
    coalesce(i.indcollation[0] <> (
        select l.oid from pg_catalog.pg_collation as l join schema as s on s.oid = l.collnamespace
        where s.nspname = 'app_private' and l.collname = 'bytewise' and l.collprovider = 'i'
      ), true)
      and (m.amname = 'btree' or exists (
        select from pg_catalog.pg_opclass as o
        join pg_catalog.pg_amop as x on x.amopfamily = o.opcfamily
        join pg_catalog.pg_operator as p on p.oid = x.amopopr
        join pg_catalog.pg_proc as f on f.oid = p.oprcode
        where o.oid = i.indclass[0] and (x.amoppurpose = 'o' or f.proleakproof)
      )) as is_searchable
  from pg_catalog.pg_index as i
  join relation as r on r.oid = i.indrelid
  join pg_catalog.pg_class as c on c.oid = i.indexrelid
  join pg_catalog.pg_am as m on m.oid = c.relam
  left join pg_catalog.pg_constraint as k on k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x')
),
-- Foreign keys of our tables; `columns` and `targets` as they are written.
reference as materialized (
  select k.oid, k.conname, k.conrelid, k.confrelid, k.conkey, k.confkey, k.confdeltype, c.name as child,
    c.owner as child_owner, c.owner_number as child_owner_number, c.relname as child_name, p.name as parent,
    p.owner as parent_owner, p.owner_number as parent_owner_number, p.relname as parent_name,
    p.is_user as to_user,
    (select string_agg(a.name, ', ' order by u.n)
      from unnest(k.conkey) with ordinality as u (num, n)
      join attribute as a on a.attrelid = k.conrelid and a.attnum = u.num) as columns,
    (select string_agg(a.name, ', ' order by u.n)
      from unnest(k.confkey) with ordinality as u (num, n)
      join attribute as a on a.attrelid = k.confrelid and a.attnum = u.num) as targets,
    -- The owner of the child is compared with the owner of the parent.
    exists (
      select from unnest(k.conkey, k.confkey) as u (here, there)
      where u.here = c.owner_number and u.there = p.owner_number
    ) as keeps_owner
  from pg_catalog.pg_constraint as k
  join relation as c on c.oid = k.conrelid
  join relation as p on p.oid = k.confrelid
  where k.contype = 'f' and k.conparentid = 0 and c.nspname in ('public', 'app_private')
),
routine as materialized (
  select f.oid, s.nspname, f.proname, s.served, f.proowner, f.prosecdef, f.provolatile, f.proleakproof,
    f.proconfig, f.proacl, f.prokind, f.prosqlbody is not null as is_standard,
    coalesce(pg_get_function_sqlbody(f.oid), f.prosrc) as body,
    format('%I.%I(%s)', s.nspname, f.proname, oidvectortypes(f.proargtypes)) as name
  from pg_catalog.pg_proc as f
  join schema as s on s.oid = f.pronamespace
  where not exists (
    select from extended as e
    where e.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and e.objid = f.oid
  )
),
-- Everybody a request or a person can arrive as.
arrival as materialized (
  select r.oid, r.rolname, r.name, r.is_server, r.rolname like 'todo\_psql\_%' as is_personal
  from role as r
  where r.is_server or r.rolname = 'todo_user' or r.rolname like 'todo\_psql\_%'
),
-- What each of them can become, `via` the membership it starts with; any option counts, since being a
-- member at all is what pg_has_role and the identity look at.
reach as (
  select a.oid as arrival, m.roleid as via, m.roleid as role
  from arrival as a
  join pg_catalog.pg_auth_members as m on m.member = a.oid
  union
  select r.arrival, r.via, m.roleid
  from reach as r
  join pg_catalog.pg_auth_members as m on m.member = r.role
),
owning as materialized (
  select c.relowner as oid from relation as c
  union select f.proowner from routine as f
  union select s.nspowner from schema as s
  union select p.datdba from place as p
),
finding (code, level, object, message, fix) as (

  -- ## Tables

  -- One forgotten `enable` is the leak that makes the news: every granted row to every grantee.
  select 'RLS_OFF', 'error', c.name, format('Row level security is off on %s.', c.name),
    format('alter table %s enable row level security, force row level security;', c.name)
  from relation as c where c.served and c.is_table and not c.relrowsecurity
  union all

  -- Without FORCE the owner, and so every SECURITY DEFINER function, passes by the policies.
  select 'RLS_NOT_FORCED', 'error', c.name,
    format('Row level security on %s does not hold for its owner.', c.name),
    format('alter table %s force row level security;', c.name)
  from relation as c where c.served and c.is_table and c.relrowsecurity and not c.relforcerowsecurity
  union all

  -- Rows that belong to nobody can be kept apart by nothing.
  select 'OWNER_MISSING', 'warning', c.name,
    format('%s is granted to %s but has no user_id, so its rows belong to nobody.', c.name,
      string_agg(distinct g.roles, ', ')),
    format('revoke all on %s from %s;', c.name, string_agg(distinct g.roles, ', '))
  from relation as c join granted as g on g.relation = c.oid
  where c.served and c.is_table and c.owner is null and not c.relispartition
  group by c.name
  union all

  -- A null owner matches no policy: the row is there and nobody can see or remove it.
  select 'OWNER_NULLABLE', 'error', c.name,
    format('%s.%I may be null: such a row belongs to nobody.', c.name, c.owner),
    format('alter table %s alter column %I set not null;', c.name, c.owner)
  from relation as c where not c.owner_not_null
  union all

  -- An owner who does not exist, or rows that outlive their account.
  select 'OWNER_NOT_REFERENCED', 'error', c.name,
    format('%s.%I does not reference "user" on delete cascade: rows may outlive their account.', c.name, c.owner),
    format('alter table %s add foreign key (%I) references public."user" (id) on delete cascade;', c.name,
      c.owner)
  from relation as c
  where c.owner is not null and not c.is_user and not c.relispartition
    and not exists (
      select from reference as k where k.conrelid = c.oid and k.confdeltype = 'c' and k.keeps_owner
    )
  union all

  -- The policy compares the owner on every statement; without an index that reads everybody's rows.
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

  -- "Already taken" tells that somebody else has it, and ON CONFLICT can reach that row before its
  -- policy does (CVE-2026-120154). A key of ids that nobody may choose is safe; so is "user".email, as
  -- long as nobody may write it.
  select 'UNIQUE_SPANS_USERS', 'error', format('%I on %s', i.relname, c.name),
    format('The unique key %I of %s does not begin with %I: one person''s values get in another''s way.',
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
  where c.owner is not null and not c.relispartition and i.is_unique and i.indkey[0] <> c.owner_number
    -- Null, and so not true, where the key begins with an expression.
    and (i.indisprimary and e.is_id) is not true
    and (e.is_email and e.writers is null) is not true
  union all

  -- An index answers before any policy. Led by another column than the owner it answers about everybody:
  -- `order by title limit 1` reads past other people's rows until it meets one's own, and EXPLAIN ANALYZE
  -- counts them. The address must be unique among all; its collation keeps queries away. Ids say nothing.
  select 'INDEX_SPANS_USERS', 'error', format('%I on %s', i.relname, c.name),
    format('The index %I of %s does not begin with %I, and anybody''s query can be answered from it.',
      i.relname, c.name, c.owner),
    case
      when not i.is_btree then '-- make the index again, beginning with the owner'
      when i.is_unique then format(
        '%1$s create unique index %2$I on %3$s (email collate app_private.bytewise); comment on index %4$s is %5$L;',
        case when i.conname is null then format('drop index %s;', i.name)
          else format('alter table %s drop constraint %I;', c.name, i.conname) end,
        i.relname, c.name, i.name, 'email is already in use')
      else format('drop index %s; create index on %s (%s)%s;', i.name, c.name,
        concat_ws(', ', quote_ident(c.owner),
          (select string_agg(pg_get_indexdef(i.oid, n, false), ', ' order by n)
            from generate_series(1, i.indnkeyatts) as n where i.indkey[n - 1] <> c.owner_number)),
        coalesce(' where ' || i.predicate, ''))
    end
  from index as i join relation as c on c.oid = i.relation
  left join attribute as a on a.attrelid = c.oid and a.attnum = i.indkey[0]
  where c.owner is not null and not c.relispartition and i.is_searchable and i.indkey[0] <> c.owner_number
    and (i.indisprimary and a.attname = 'id') is not true
    -- Other unique ones are UNIQUE_SPANS_USERS.
    and (not i.is_unique or (c.is_user and i.indnkeyatts = 1 and a.attname = 'email'))
  union all

  -- Statistics hold samples of everybody's values, and the planner's estimates, which EXPLAIN shows to
  -- anybody, are made from them: by halving, a text can be read. Rows are found by their owner, not by
  -- what people wrote, so nothing is planned worse without.
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
    -- An expression of an index has statistics of its own.
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
    -- So have extended statistics; of plain columns without samples PostgreSQL makes none.
    select format('the statistics %I.%I', s.nspname, e.stxname),
      format('drop statistics %I.%I;', s.nspname, e.stxname)
    from pg_catalog.pg_statistic_ext as e
    join relation as c on c.oid = e.stxrelid
    join schema as s on s.oid = e.stxnamespace
    where c.owner is not null and e.stxexprs is not null
  ) as x
  union all

  -- Foreign keys are checked without policies: a plain one lets a row attach to another person's, and
  -- tells which ids exist. With the owner on both sides it can only attach to one's own.
  select 'FOREIGN_KEY_CROSSES_OWNER', 'error', format('%I on %s', k.conname, k.child),
    format('%s (%s) can point to a row of another person''s in %s.', k.child, k.columns, k.parent),
    format('%salter table %s drop constraint %I; alter table %s add constraint %I foreign key (%I, %s) references %s (%I, %s)%s;%s',
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
        ) then '' else format(' create index on %s (%I, %s);', k.child, k.child_owner, k.columns) end)
  from reference as k
  where k.child_owner is not null and k.parent_owner is not null and not k.to_user and not k.keeps_owner
  union all

  -- Each delete of a parent would read the whole child.
  select 'FOREIGN_KEY_NO_INDEX', 'warning', format('%I on %s', k.conname, k.child),
    format('No index of %s begins with %s, which references %s.', k.child, k.columns, k.parent),
    format('create index on %s (%s);', k.child, k.columns)
  from reference as k
  -- The owner's own reference is OWNER_INDEX_MISSING's; an index that leaves the owner out is
  -- INDEX_SPANS_USERS.
  where not (k.to_user and k.conkey = array[k.child_owner_number])
    and (k.child_owner_number = any (k.conkey)) is not false
    and not exists (
      select from index as i where i.relation = k.conrelid and i.is_total and i.indisvalid
        and i.indnkeyatts >= cardinality(k.conkey)
        and (i.indkey::smallint[])[0:cardinality(k.conkey) - 1] @> k.conkey
    )
  union all

  -- ## Policies

  -- A command that is granted and has no policy touches no row, silently.
  select 'POLICY_MISSING', 'error', c.name,
    format('%s on %s is granted to %s, but no policy says which rows.', g.command, c.name, g.roles),
    case
      when c.owner is null then format('revoke %s on %s from %s;', g.command, c.name, g.roles)
      else format('create policy %1$s_own on %2$s for %1$s%3$s%4$s; comment on policy %1$s_own on %2$s is %5$L;',
        g.command, c.name,
        case when g.command <> 'insert'
          then format(' using (%I = (select app_private.current_user_id()))', c.owner) end,
        case when g.command in ('insert', 'update')
          then format(' with check (%I = (select app_private.current_user_id()))', c.owner) end,
        'Only one''s own rows.')
    end
  from granted as g join relation as c on c.oid = g.relation
  where c.served and c.is_table
    and not exists (
      select from policy as p where p.relation = c.oid and p.polpermissive and p.command in (g.command, 'all')
    )
  union all

  -- A leakproof condition of the query may run before select_own, and whether it did shows. The guard is
  -- the same rule in the one form that the planner checks first, because it costs nothing: see
  -- 000002-user.sql.
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
  union all

  -- Every form that is not `owner = (select identity)`; what each verdict means is said below.
  select j.verdict,
    case when j.verdict = 'POLICY_CONSTANT' and j.owner is null and j.command = 'select'
      then 'warning' else 'error' end,
    j.object,
    format(case j.verdict
      when 'POLICY_CONSTANT' then 'Policy %s does not depend on who is asking: %s.'
      when 'POLICY_READS_SETTING' then 'Policy %s asks somebody else than app_private.current_user_id() who is asking, and can be lied to: %s.'
      when 'POLICY_WRONG_COLUMN' then 'Policy %s does not compare the owner column: %s.'
      when 'IDENTITY_PER_ROW' then 'Policy %s asks for the identity once per row instead of once per statement: %s.'
      else 'Policy %s lets through more than one''s own rows; the comparison with the owner must come first, joined by AND: %s.'
    end, j.object, string_agg(format('%s %s', j.part, j.text), ' ' order by j.part desc)),
    case
      when j.verdict = 'IDENTITY_PER_ROW' then format('alter policy %s %s;', j.object,
        string_agg(format('%s (%s)', j.part,
          regexp_replace(j.text, '(?<!SELECT )app_private\.current_user_id\(\)',
          '(select app_private.current_user_id())', 'g')), ' ' order by j.part desc))
      when j.owner is not null then format('alter policy %s %s;', j.object,
        string_agg(format('%s (%s)', j.part, j.own), ' ' order by j.part desc))
      else concat_ws(' ', format('drop policy %s;', j.object),
        (select string_agg(format('revoke %s on %s from %s;', g.command, j.relation_name, g.roles), ' ')
          from granted as g where g.relation = j.relation and j.command in (g.command, 'all')))
    end
  from judged_policy as j where j.verdict is not null
  group by j.verdict, j.owner, j.command, j.object, j.relation, j.relation_name
  union all

  -- What may be written is said, not implied: a reviewer reads both halves.
  select 'POLICY_NO_CHECK', 'error', p.object,
    format('Policy %s does not say which rows may be written (with check).', p.object),
    format('alter policy %s with check (%s);', p.object, coalesce(p.own, p.qual, 'false'))
  from policy as p where p.command in ('insert', 'update', 'all') and not p.has_check and p.polpermissive
  union all

  -- An update that only says with check finds no row: UPDATE 0, and no error.
  select 'POLICY_NO_USING', 'error', p.object,
    format('Policy %s does not say which rows may be found (using), so it finds none.', p.object),
    format('alter policy %s using (%s);', p.object, coalesce(p.own, p.with_check, 'false'))
  from policy as p where p.command <> 'insert' and not p.has_using and p.polpermissive
  union all

  -- Before 18.7 DROP OWNED BY of a named role edits the policy (CVE-2026-116311), and a role that is
  -- not named passes by a restrictive one. Grants say who, policies say which rows.
  select 'POLICY_TO_ROLE', 'error', p.object, format('Policy %s holds for some roles only.', p.object),
    format('alter policy %s to public;', p.object)
  from policy as p where p.polroles <> '{0}'
  union all

  -- Permissive policies are joined by OR: the widest wins, and a reviewer must find them all.
  select 'POLICY_OVERLAP', 'error', x.relation_name,
    format('%s policies of %s let through a %s: %s.', cardinality(x.names), x.relation_name, x.command,
      array_to_string(x.names, ', ')),
    (select string_agg(format('drop policy if exists %s on %s;', n, x.relation_name), ' ') from unnest(x.names[2:]) as n)
  from (
    -- First the one to keep: of the right form, for this command alone, the older.
    select p.relation_name, c.command, array_agg(p.name order by
        exists (select from judged_policy as j where j.oid = p.oid and j.verdict is not null),
        p.polcmd = '*', p.oid
      ) as names
    from policy as p
    join (values ('select'), ('insert'), ('update'), ('delete')) as c (command) on p.command in (c.command, 'all')
    where p.polpermissive
    group by p.relation_name, c.command
  ) as x where cardinality(x.names) > 1
  union all

  -- ## Rights

  -- A table-wide insert or update includes id, owner, timestamps and every column added later.
  select 'GRANT_BY_TABLE', 'error', c.name,
    format('%s may %s every column of %s, also its owner and those added later.',
      string_agg(distinct h.role, ', '),
      string_agg(distinct h.privilege, ' and '), c.name),
    string_agg(concat_ws(' ', format('revoke %s on %s from %s;', h.privilege, c.name, h.role),
      'grant ' || h.privilege || ' (' || (
        select string_agg(a.name, ', ' order by a.attnum) from attribute as a
        where a.attrelid = c.oid and a.attidentity = ''
          and a.attgenerated = ''
          and a.attname not in ('id', 'user_id', 'created_at', 'updated_at')
      ) || format(') on %s to %s;', c.name, h.role)), ' ' order by h.role, h.privilege)
  from held as h join relation as c on c.oid = h.relation
  where c.served and c.is_table and h.grantee <> 0 and h.attname is null and h.privilege in ('insert', 'update')
  group by c.name
  union all

  -- These are the database's to give: a chosen id can occupy ids to come, a chosen owner is a lie.
  select 'GRANT_OWNER_COLUMN', 'error', c.name,
    format('%s may choose what only the database gives: %s of %s.', string_agg(distinct h.role, ', '),
      string_agg(distinct h.attname, ', '), c.name),
    string_agg(format('revoke %s (%I) on %s from %s;', h.privilege, h.attname, c.name, h.role), ' '
      order by h.role, h.privilege, h.attname)
  from held as h join relation as c on c.oid = h.relation
  where c.served and c.is_table and h.grantee <> 0 and h.privilege in ('insert', 'update')
    and (h.attname in ('id', 'user_id', 'created_at', 'updated_at') or h.attidentity <> '')
  group by c.name
  union all

  -- Policies do not cover these: TRUNCATE empties everybody's rows, REFERENCES and TRIGGER look at them,
  -- MAINTAIN locks them, a sequence tells and moves everybody's next id.
  select 'GRANT_BEYOND_RLS', 'error', c.name,
    format('%s may %s %s, which no policy covers.', string_agg(distinct h.role, ', '),
      string_agg(distinct h.privilege, ', '), c.name),
    string_agg(distinct format('revoke %s%s on %s from %s;', h.privilege,
      coalesce(' (' || quote_ident(h.attname) || ')', ''), c.name, h.role), ' ')
  from held as h join relation as c on c.oid = h.relation
  where c.served and h.grantee <> 0
    and (h.privilege in ('truncate', 'references', 'trigger', 'maintain') or c.relkind = 'S')
  group by c.name
  union all

  -- A right that can be handed on is not bounded by what is written here.
  select 'GRANT_OPTION', 'error', c.name,
    format('%s may hand on rights on %s to others.', string_agg(distinct h.role, ', '), c.name),
    string_agg(distinct format('revoke grant option for %s%s on %s from %s cascade;', h.privilege,
      coalesce(' (' || quote_ident(h.attname) || ')', ''), c.name, h.role), ' ')
  from held as h join relation as c on c.oid = h.relation
  where c.served and h.is_grantable
  group by c.name
  union all

  -- PUBLIC is everybody with a connection, today and later.
  select 'GRANT_TO_PUBLIC', 'error', c.name,
    format('%s on %s is granted to everybody.', string_agg(distinct h.privilege, ', '), c.name),
    format('revoke all on %s from public;', c.name)
  from held as h join relation as c on c.oid = h.relation where h.grantee = 0
  group by c.name
  union all
  select 'GRANT_TO_PUBLIC', 'error', 'schema ' || quote_ident(s.nspname),
    format('%s on schema %I is granted to everybody.', string_agg(lower(a.privilege_type), ', '), s.nspname),
    format('revoke all on schema %I from public;', s.nspname)
  from schema as s cross join lateral aclexplode(s.nspacl) as a where a.grantee = 0
  group by s.nspname
  union all
  -- Null stands for PostgreSQL's own default: connect and temp for everybody.
  select 'GRANT_TO_PUBLIC', 'error', 'database ' || quote_ident(p.datname),
    format('%s on database %I is granted to everybody.', string_agg(lower(a.privilege_type), ', '), p.datname),
    format('revoke all on database %I from public;', p.datname)
  from place as p cross join lateral aclexplode(coalesce(p.datacl, acldefault('d', p.datdba))) as a
  where a.grantee = 0
  group by p.datname
  union all

  -- Who may create in a schema can shadow names and leave objects; TEMP and CREATE fill the disk.
  select 'GRANT_CREATE', 'error', x.object,
    format('%s may create in %s.', string_agg(distinct r.name, ', '), x.object),
    string_agg(format('revoke %s on %s from %s;', lower(x.privilege_type), x.object, r.name), ' ')
  from (
    select 'schema ' || quote_ident(s.nspname) as object, a.grantee, a.privilege_type
    from schema as s cross join lateral aclexplode(s.nspacl) as a
    where a.grantee <> s.nspowner and a.privilege_type = 'CREATE'
    union all
    select 'database ' || quote_ident(p.datname), a.grantee, a.privilege_type
    from place as p cross join lateral aclexplode(p.datacl) as a
    where a.grantee <> p.datdba and a.privilege_type in ('CREATE', 'TEMPORARY')
  ) as x join role as r on r.oid = x.grantee
  where x.grantee <> 0 and not r.trusted
  group by x.object
  union all

  -- What is not served has no policies: nobody but the owner may touch it, or look names up in it.
  select 'PRIVATE_GRANTED', 'error', c.name,
    format('%s may %s the private %s.', string_agg(distinct h.role, ', '),
      string_agg(distinct h.privilege, ', '), c.name),
    format('revoke all on %s from %s;', c.name, string_agg(distinct h.role, ', '))
  from held as h join relation as c on c.oid = h.relation where not c.served and h.grantee <> 0
  group by c.name
  union all
  select 'PRIVATE_GRANTED', 'error', 'schema ' || quote_ident(s.nspname),
    format('%s may look into the private schema %I.', string_agg(distinct r.name, ', '), s.nspname),
    format('revoke usage on schema %I from %s;', s.nspname, string_agg(distinct r.name, ', '))
  from schema as s cross join lateral aclexplode(s.nspacl) as a
  join role as r on r.oid = a.grantee
  where not s.served and a.grantee not in (0, s.nspowner) and a.privilege_type = 'USAGE' and not r.trusted
    -- The server calls app_private.ensure_user by name.
    and not (r.is_server and s.nspname = 'app_private')
  group by s.nspname
  union all

  -- What the owner will create tomorrow is born with these rights.
  select 'DEFAULT_PRIVILEGES', 'error', x.object,
    format('What the owner creates later is granted to %s: %s.', x.grantees, x.object),
    string_agg(format('alter default privileges for role %s%s revoke all on %s from %s;',
      x.owner, x.within, x.object, g), ' ')
  from (
    select o.name as owner, coalesce(' in schema ' || quote_ident(n.nspname), '') as within,
      case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
        when 'T' then 'types' when 'n' then 'schemas' else 'large objects' end as object,
      string_agg(distinct r.name, ', ') as grantees, array_agg(distinct r.name) as names
    from pg_catalog.pg_default_acl as d
    join role as o on o.oid = d.defaclrole
    left join pg_catalog.pg_namespace as n on n.oid = d.defaclnamespace
    cross join lateral aclexplode(d.defaclacl) as a
    join role as r on r.oid = a.grantee
    where d.defaclrole = (select p.owner from place as p) and a.grantee <> d.defaclrole and not r.trusted
    group by o.name, n.nspname, d.defaclobjtype
  ) as x cross join lateral unnest(x.names) as g
  group by x.object, x.grantees, x.within
  union all
  -- Functions are PUBLIC's from birth unless this has been said once, for the whole database.
  select 'DEFAULT_PRIVILEGES', 'error', 'functions',
    'What the owner creates later can be executed by everybody: functions.',
    format('alter default privileges for role %s revoke execute on functions from public;', o.name)
  from place as p join role as o on o.oid = p.owner
  where not exists (
    select from pg_catalog.pg_default_acl as d
    where d.defaclrole = p.owner and d.defaclnamespace = 0 and d.defaclobjtype = 'f'
  )
  union all

  -- Large objects have no row level security. Only a superuser can close them, so this is for knowing.
  select 'LARGE_OBJECTS', 'warning', 'large objects',
    'Everybody with a login can store large objects, which no policy covers.',
    string_agg(format('revoke execute on function pg_catalog.%I(%s) from public;', f.proname,
      oidvectortypes(f.proargtypes)), ' ' order by f.oid)
  from pg_catalog.pg_proc as f
  where f.pronamespace = 'pg_catalog'::pg_catalog.regnamespace
    and f.proname in ('lo_creat', 'lo_create', 'lo_from_bytea', 'lo_open', 'lo_put', 'lowrite')
    and has_function_privilege('public', f.oid, 'execute')
  having count(*) > 0
  union all

  -- ## Views

  -- A view reads with its owner's rights unless told otherwise: a door beside the policies.
  select 'VIEW_NOT_INVOKER', 'error', c.name,
    format('The view %s reads with its owner''s rights instead of the caller''s.', c.name),
    format('alter view %s set (security_invoker = true);', c.name)
  from relation as c
  where c.served and c.relkind = 'v'
    and not exists (select from unnest(c.reloptions) as o where o ~* '^security_invoker=(true|on|yes|1)$')
  union all

  -- A materialised view or a foreign table can have no policies at all.
  select case c.relkind when 'm' then 'MATVIEW_GRANTED' else 'FOREIGN_TABLE_GRANTED' end, 'error', c.name,
    format('%s can have no policies, and is granted to %s.', c.name, string_agg(distinct h.role, ', ')),
    format('revoke all on %s from %s;', c.name, string_agg(distinct h.role, ', '))
  from relation as c join held as h on h.relation = c.oid
  where c.served and c.relkind in ('m', 'f') and h.grantee <> 0
  group by c.relkind, c.name
  union all

  -- ## Functions

  select 'IDENTITY_MISSING', 'error', 'app_private.current_user_id()',
    'There is no app_private.current_user_id(): this database has not been migrated.',
    '-- npm run db -- migrate; npm start does it for the embedded database'
  where not exists (select from routine as f where f.name = 'app_private.current_user_id()')
  union all

  -- Word for word what was reviewed: the setting counts on the server's login only, and is read as it
  -- must be. Not SECURITY DEFINER, no SET, an SQL-standard body: else it is not inlined. White space is
  -- PostgreSQL's own.
  select 'IDENTITY_CHANGED', 'error', f.name,
    format('%s is not the function that was reviewed, so the identity may be open to lies.', f.name),
    x.fix
  from routine as f
  join (values
    ('app_private.current_user_id()', false,
      $$RETURN CASE WHEN ((SESSION_USER = 'todo_authenticator'::name)
          OR pg_has_role(SESSION_USER, 'todo_authenticator'::name, 'member'::text))
        THEN (NULLIF(current_setting('jwt.claims.user_id'::text, true), ''::text))::integer
        ELSE app_private.psql_user_id() END$$,
      $$create or replace function app_private.current_user_id() returns integer
    language sql stable parallel safe
    return case
      when session_user = 'todo_authenticator' or pg_has_role(session_user, 'todo_authenticator', 'member')
      then nullif(current_setting('jwt.claims.user_id', true), '')::integer
      else app_private.psql_user_id()
    end;$$),
    ('app_private.is_current_user()', false,
      $$RETURN array_fill(true, ARRAY[1], ARRAY[COALESCE((app_private.current_user_id() % 2147483647), 0)])$$,
      $$create or replace function app_private.is_current_user() returns boolean[]
    language sql stable parallel safe
    return array_fill(true, array[1], array[coalesce(app_private.current_user_id() % 2147483647, 0)]);$$),
    ('app_private.psql_user_id()', true,
      $$RETURN (SELECT l.user_id FROM app_private.psql_login l WHERE (l.login = SESSION_USER))$$,
      $$create or replace function app_private.psql_user_id() returns integer
    language sql stable parallel safe security definer
    set search_path = ''
    return (select l.user_id from app_private.psql_login as l where l.login = session_user);$$)
  ) as x (name, is_definer, body, fix) on x.name = f.name
  where f.prosecdef <> x.is_definer or (f.proconfig is not null) <> x.is_definer or not f.is_standard
    or regexp_replace(f.body, '\s+', '', 'g') <> regexp_replace(x.body, '\s+', '', 'g')
  union all

  -- An immutable identity in a prepared statement gave user 2 the rows of user 1; a volatile one runs
  -- once per row. Nothing that reads a setting or the login may be immutable.
  select 'FUNCTION_VOLATILITY', 'error', f.name,
    format('%s is %s, but what it returns holds for one statement only.', f.name,
      case f.provolatile when 'i' then 'immutable' else 'volatile' end),
    format('alter function %s stable;', f.name)
  from routine as f
  where (f.name in ('app_private.current_user_id()', 'app_private.is_current_user()', 'app_private.psql_user_id()')
      and f.provolatile <> 's')
    or (f.provolatile = 'i'
      and f.body ~* '\m(current_setting|session_user|current_user|current_role|current_user_id|is_current_user|psql_user_id)\M')
  union all

  -- A leakproof function may look at rows before the policy does.
  select 'FUNCTION_LEAKPROOF', 'error', f.name, format('%s may run ahead of policies (leakproof).', f.name),
    format('alter function %s not leakproof;', f.name)
  from routine as f where f.proleakproof
  union all

  -- With the caller's search_path the caller says what the owner's code calls.
  select 'FUNCTION_DEFINER_PATH', 'error', f.name,
    format('%s runs as its owner, but with the caller''s search_path.', f.name),
    format('alter routine %s set search_path = '''';', f.name)
  from routine as f
  where f.prosecdef and not exists (
    select from unnest(f.proconfig) as o where o ~ '^search_path=(""|pg_catalog)?(, *pg_temp)?$'
  )
  union all

  -- FORCE binds the owner, so its SECURITY DEFINER functions too; a superuser's are bound by nothing.
  select 'FUNCTION_DEFINER_OWNER', 'error', f.name,
    format('%s runs as %s, for whom no policy holds.', f.name, r.name),
    format('alter routine %s owner to %s;', f.name,
      (select o.name from place as p join role as o on o.oid = p.owner))
  from routine as f join role as r on r.oid = f.proowner
  where f.prosecdef and (r.rolsuper or r.rolbypassrls) and f.proowner <> (select p.owner from place as p)
  union all

  select 'FUNCTION_PUBLIC', 'error', f.name, format('Everybody may execute %s.', f.name),
    format('revoke execute on routine %s from public;', f.name)
  from routine as f
  where exists (select from aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) as a where a.grantee = 0)
  union all

  -- A function of the owner that sets the claim acts for whomever its caller names.
  select 'FUNCTION_SETS_IDENTITY', 'error', f.name,
    format('%s acts for any person it is told to, and %s may execute it.', f.name, string_agg(r.name, ', ')),
    string_agg(format('revoke execute on routine %s from %s;', f.name, r.name), ' ')
  from routine as f cross join lateral aclexplode(f.proacl) as a
  join role as r on r.oid = a.grantee
  where f.prosecdef and f.body ~ 'set_config' and f.body ~ 'jwt\.claims'
    and a.grantee not in (0, f.proowner) and not r.is_server and not r.trusted
  group by f.name
  union all

  -- ## Logins

  select 'LOGIN_MISSING', 'error', n.name, format('There is no role %I.', n.name),
    '-- npm run db -- migrate; npm start does it for the embedded database'
  from (select $1 as name union select 'todo_authenticator' union select 'todo_user') as n
  where not exists (select from role as r where r.rolname = n.name)
  union all

  -- What a role is itself. The last fix is for a server that is connected as the wrong one.
  select x.code, 'error', x.name, format(x.message, x.name),
    case when x.is_personal or x.rolname in ('todo_authenticator', 'todo_user') then format(x.fix, x.name)
      else '-- connect the server as todo_authenticator (AUTH_DATABASE_URL)' end
  from (
    select a.name, a.rolname, a.is_personal, v.*
    from arrival as a join role as r on r.oid = a.oid
    cross join lateral (values
      ('LOGIN_SUPERUSER', r.rolsuper, '%s is a superuser: no policy holds for it.', 'alter role %s nosuperuser;'),
      ('LOGIN_BYPASSRLS', r.rolbypassrls, '%s has BYPASSRLS: no policy holds for it.',
        'alter role %s nobypassrls;'),
      ('LOGIN_OWNER', exists (select from owning as o where o.oid = r.oid),
        '%s owns objects of this database, and may change them.',
        format('reassign owned by %%s to %s;',
          (select o.name from place as p join role as o on o.oid = p.owner))),
      ('LOGIN_ATTRIBUTE', r.has_powers, '%s may create roles or databases, or replicate.',
        'alter role %s nocreaterole nocreatedb noreplication;'),
      ('LOGIN_ATTRIBUTE', r.rolname = 'todo_user' and r.rolcanlogin,
        '%s can log in; it is for set role only.', 'alter role %s nologin;')
    ) as v (code, broken, message, fix)
    where v.broken
  ) as x
  union all

  -- What it can become. Any membership counts, at any distance; the worst thing it leads to names it.
  select x.code, 'error', x.name, format('%s can become %s%s.', x.name, x.via, x.why),
    format('revoke %s from %s granted by %s;', x.via, x.name, x.grantor)
  from (
    select distinct on (a.oid, via.oid, g.oid) a.name, via.name as via, g.name as grantor, v.code, v.why
    from reach as e
    join arrival as a on a.oid = e.arrival
    join role as via on via.oid = e.via
    join role as o on o.oid = e.role
    join pg_catalog.pg_auth_members as m on m.member = a.oid and m.roleid = via.oid
    join role as g on g.oid = m.grantor
    cross join lateral (values
      (1, 'LOGIN_SUPERUSER', o.rolsuper, ', a superuser'),
      (2, 'LOGIN_BYPASSRLS', o.rolbypassrls, ', for whom no policy holds'),
      (3, 'LOGIN_OWNER', exists (select from owning as w where w.oid = o.oid),
        ', who owns objects of this database'),
      (4, 'LOGIN_ATTRIBUTE', o.has_powers, ', who may create roles or databases, or replicate'),
      -- The server may become todo_user. Another server login may be a member of todo_authenticator.
      (5, 'LOGIN_MEMBER', not (a.is_server and (o.rolname = 'todo_user'
          or (o.rolname = 'todo_authenticator' and a.rolname = $1))), '')
    ) as v (rank, code, broken, why)
    where v.broken
    order by a.oid, via.oid, g.oid, v.rank
  ) as x
  union all

  -- Whoever is a member of these can be any person, or gets whatever the API's role is given.
  select 'LOGIN_MEMBER', 'error', r.name, format('%s is a member of %s, and may connect.', r.name, g.name),
    format('revoke %s from %s granted by %s;', g.name, r.name, by.name)
  from pg_catalog.pg_auth_members as m
  join role as g on g.oid = m.roleid
  join role as r on r.oid = m.member
  join role as by on by.oid = m.grantor
  where g.rolname in ('todo_authenticator', 'todo_user') and not r.trusted
    and not exists (select from arrival as a where a.oid = r.oid)
    and has_database_privilege(r.oid, (select p.database from place as p), 'connect')
  union all

  -- The server has todo_user's rights only between `set role` and the end of the transaction: a request
  -- that forgot to switch then reads nothing.
  select 'LOGIN_INHERITS', 'error', a.name,
    format('%s has the rights of todo_user without switching to it.', a.name),
    concat_ws(' ', format('alter role %s noinherit;', a.name),
      string_agg(format('grant todo_user to %s with inherit false granted by %s;', a.name, g.name), ' ')
        filter (where m.inherit_option))
  from arrival as a
  join role as r on r.oid = a.oid
  left join (pg_catalog.pg_auth_members as m join role as u on u.oid = m.roleid and u.rolname = 'todo_user')
    on m.member = a.oid
  left join role as g on g.oid = m.grantor
  where a.is_server and (r.rolinherit or m.inherit_option)
  group by a.name
  union all

  -- The same for rights of its own.
  select 'LOGIN_GRANTS', 'error', h.role,
    format('%s has rights on %s itself.', h.role, string_agg(distinct c.name, ', ')),
    string_agg(distinct format('revoke all on %s from %s;', c.name, h.role), ' ')
  from held as h join relation as c on c.oid = h.relation where h.is_server and c.served
  group by h.role
  union all

  -- A claim or a role kept in the database or the server's login: a request that sends none becomes that
  -- person. Not of a personal login: it may set what it likes for itself, its identity reads none of it,
  -- and it must not be able to stop the server by it.
  select 'LOGIN_SETTING', 'error', coalesce(r.name, 'database ' || quote_ident(p.datname)),
    format('Every session of %s starts with %s.', coalesce(r.name, 'database ' || quote_ident(p.datname)),
      split_part(s, '=', 1)),
    format('alter %s reset %s;', case
        when d.setrole = 0 then 'database ' || quote_ident(p.datname)
        when d.setdatabase = 0 then 'role ' || r.name
        else format('role %s in database %I', r.name, p.datname) end, split_part(s, '=', 1))
  from place as p
  join pg_catalog.pg_db_role_setting as d on d.setdatabase in (0, p.database)
  left join role as r on r.oid = d.setrole and d.setrole <> 0
  cross join lateral unnest(d.setconfig) as s
  where s ~ '^(jwt\.|role=|session_authorization=)'
    and (d.setrole = 0 or r.is_server)
  union all

  -- See roles.sql for what each is for.
  select 'LOGIN_DEFAULTS', 'warning', 'todo_authenticator',
    format('Sessions of todo_authenticator start without %s: pages of large accounts may be read whole, moments be written in another zone.',
      string_agg(format('%s = %s', x.name, x.value), ', ')),
    string_agg(format('alter role todo_authenticator set %s = %L;', x.name, x.value), ' ')
  from role as r
  cross join (values ('enable_bitmapscan', 'off'), ('random_page_cost', '1.1'), ('jit', 'off'),
    ('TimeZone', 'UTC')) as x (name, value)
  where r.rolname = 'todo_authenticator' and not exists (
    select from pg_catalog.pg_db_role_setting as s
    where s.setrole = r.oid and s.setdatabase = 0 and x.name || '=' || x.value = any (s.setconfig)
  )
  having count(*) > 0
  union all

  -- FORCE can not bind a superuser or BYPASSRLS. Some hosts give no other owner, so it is for knowing.
  select 'OWNER_BYPASSES', 'warning', r.name,
    format('The owner %s is a superuser or has BYPASSRLS: its own sessions and SECURITY DEFINER functions pass by every policy.', r.name),
    '-- give the objects to an owner that has only CREATEROLE, and migrate as that one'
  from place as p join role as r on r.oid = p.owner where r.rolsuper or r.rolbypassrls
  union all

  -- ## The server

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
  union all

  -- ## Comments: the API's documentation

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
)
select f.code, f.level, f.object, f.message, f.fix
from finding as f
order by f.level, f.code, f.object collate "C", f.message collate "C";
