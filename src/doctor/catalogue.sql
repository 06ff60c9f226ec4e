-- What the rules look at: the first half of the doctor's statement, as common table expressions. Each system
-- catalogue is read once, because a new connection pays for each one it opens. Reads the catalogue only, so
-- any login gets the same answer, and changes nothing. Each rule returns (code, level, object, message, fix).
--
-- `<> 'pg_catalog'` follows from the join with schema. It is written out for the planner, whose statistics know
-- only constants: without it the planner expects every built-in function in the result, and PostgreSQL reserves
-- memory for millions of calls between them.
--
-- $1 is the login to judge beside todo_authenticator. The server passes its own.
--
-- Relations are qualified here and in the output. Built-in functions and operators are not: PostgreSQL
-- searches pg_catalog first, and the runner pins search_path to ''. app_private must not be in search_path,
-- because policies are compared as text.
--
-- Keywords are folded and matched in the collation "C": in a Turkish database lower('INSERT') is not insert.
--
-- Words: *served* is schema public, which the API shows. The *identity* is app_private.current_user_id(). A served
-- table is of one *kind*: *owned* (a row belongs to a person), *member* (to the members of something) or
-- *reference* (everybody signed in reads it, nobody writes it). The owner column of a member table is its key.
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
    -- Rights of these are no finding: the owner, superusers, and the administrators that hosts add.
    r.rolsuper or r.oid = (select p.owner from place as p) or r.rolname in
      ('neon_superuser', 'rds_superuser', 'cloudsqlsuperuser', 'azure_pg_admin') as trusted
  from pg_catalog.pg_roles as r
  union all
  select 0, 'public', 'public', false, false, false, false, false, false, false
),
-- The schemas of the owner. Schemas of a host or an extension are not judged.
schema as materialized (
  select n.oid, n.nspname, n.nspowner, n.nspacl, n.nspname = 'public' as served
  from pg_catalog.pg_namespace as n
  where n.nspname in ('public', 'app_private')
    or (n.nspowner = (select p.owner from place as p) and n.nspname !~ '^pg_')
),
extended as materialized (
  select d.classid, d.objid from pg_catalog.pg_depend as d where d.deptype = 'e'
),
-- Columns of these schemas' relations.
attribute as materialized (
  select a.attrelid, a.attnum, a.attname, quote_ident(a.attname) as name, a.attnotnull, a.attidentity,
    a.attgenerated, a.attacl, a.atttypid, a.atttypmod, a.attcollation
  from pg_catalog.pg_attribute as a
  where a.attnum > 0 and not a.attisdropped and a.attrelid in (
    select c.oid from pg_catalog.pg_class as c
    where c.relnamespace in (select s.oid from schema as s)
      and c.relnamespace <> 'pg_catalog'::pg_catalog.regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
  )
),
-- What the smart comments in front of a table's comment declare: `@owner author_id`, `@member my_lists`,
-- `@reference`.
declared as materialized (
  select d.objoid as relation, m[1] as tag, m[2] as argument
  from pg_catalog.pg_description as d
  cross join lateral regexp_matches(substring(d.description from '^(?:@[^\n]*(?:\n|$))+'),
    '(?n)^@(owner|member|reference)(?:[ \t]+([^\n]*\S))?[ \t]*$', 'g') as m
  where d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objsubid = 0
    and starts_with(d.description, '@')
),
-- The functions that `@member` names, each with the call as PostgreSQL prints it in a policy. `function` is null
-- for a name that app_private has no function of.
member_function as materialized (
  select d.relation, n.name, f.oid as function,
    format('( SELECT app_private.%1$I() AS %1$I)::%2$s', n.name, format_type(f.prorettype, null)) as call
  from declared as d
  cross join lateral regexp_split_to_table(d.argument, '[\s,]+') as n (name)
  left join pg_catalog.pg_proc as f on f.proname = n.name and f.pronargs = 0
    and f.pronamespace = (select s.oid from schema as s where s.nspname = 'app_private')
  where d.tag = 'member'
),
-- The column that says whose a row is: "user".id, the column that `@owner` names, user_id, or else the first
-- column that references "user". Of a member table, the column that its policies compare.
owner_column as materialized (
  select distinct on (a.attrelid) a.attrelid, a.attname, a.attnum, a.attnotnull
  from attribute as a
  join pg_catalog.pg_class as c on c.oid = a.attrelid and c.relkind in ('r', 'p')
  join schema as s on s.oid = c.relnamespace and s.served
  cross join lateral (
    select case c.relname when 'user' then 'id'
        else (select d.argument from declared as d where d.relation = c.oid and d.tag = 'owner' limit 1) end as named,
      exists (select from declared as d where d.relation = c.oid and d.tag = 'member') as by_members
  ) as x
  where case when x.by_members then exists (
      select from pg_catalog.pg_policy as p
      where p.polrelid = c.oid and starts_with(
        ltrim(pg_get_expr(coalesce(p.polqual, p.polwithcheck), p.polrelid), '('), a.name || ' = ANY ')
    )
    else a.attname = x.named or (c.relname <> 'user' and (a.attname = 'user_id' or exists (
      select from pg_catalog.pg_constraint as k
      where k.conrelid = c.oid and k.contype = 'f' and k.conkey = array[a.attnum]
        and k.confrelid = (
          select u.oid from pg_catalog.pg_class as u
          where u.relname = 'user' and u.relnamespace = (select p.oid from schema as p where p.served)
        )
    ))) end
  order by a.attrelid, (a.attname = x.named) is true desc, a.attname = 'user_id' desc, a.attnum
),
relation as materialized (
  select c.oid, s.nspname, c.relname, format('%I.%I', s.nspname, c.relname) as name, s.served, c.relkind,
    c.relowner, c.relacl, c.relrowsecurity, c.relforcerowsecurity, c.relispartition, c.reloptions,
    c.relkind in ('r', 'p') as is_table, own.attname as owner, own.attnum as owner_number,
    own.attnotnull as owner_not_null, s.served and c.relname = 'user' as is_user, kind.name as kind,
    -- The right forms of a policy, as PostgreSQL prints them.
    case kind.name
      when 'owned' then array[quote_ident(own.attname) || ' = ( SELECT app_private.current_user_id() AS current_user_id)']
      when 'reference' then array['( SELECT app_private.current_user_id() AS current_user_id) IS NOT NULL']
      when 'member' then array(
        select format('%I = ANY (%s)', own.attname, m.call) from member_function as m
        where m.relation = c.oid and own.attname is not null)
    end as right_forms,
    -- The first of them as a person writes it.
    case kind.name
      when 'owned' then quote_ident(own.attname) || ' = (select app_private.current_user_id())'
      when 'reference' then '(select app_private.current_user_id()) is not null'
      when 'member' then quote_ident(own.attname) || format(' = any ((select app_private.%I())::integer[])',
        (select m.name from member_function as m where m.relation = c.oid limit 1))
    end as own
  from pg_catalog.pg_class as c
  join schema as s on s.oid = c.relnamespace
  left join owner_column as own on own.attrelid = c.oid
  left join lateral (
    select case
      when not s.served or c.relkind not in ('r', 'p') then null
      when exists (select from declared as d where d.relation = c.oid and d.tag = 'member') then 'member'
      when own.attname is not null then 'owned'
      when exists (select from declared as d where d.relation = c.oid and d.tag = 'reference') then 'reference'
    end
  ) as kind (name) on true
  where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and c.relnamespace <> 'pg_catalog'::pg_catalog.regnamespace
    and not exists (
      select from extended as e
      where e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and e.objid = c.oid
    )
),
-- Every right on a relation, without its owner's. `attname` is null for a right on the whole relation.
held as materialized (
  select c.oid as relation, c.name, c.served, c.relkind, c.is_table,
    -- The key of a member table is written by people; the policy checks it.
    case c.kind when 'owned' then c.owner_number end as owner_number, x.attname, x.attnum,
    x.attidentity, lower(x.privilege_type collate "C") as privilege, x.grantee, r.name as role, r.is_server,
    x.is_grantable
  from (
    select c.oid as relation, null::name as attname, null::smallint as attnum, null::"char" as attidentity,
      a.privilege_type, a.grantee, a.is_grantable
    from relation as c
    cross join lateral aclexplode(c.relacl) as a
    union all
    select t.attrelid, t.attname, t.attnum, t.attidentity, a.privilege_type, a.grantee, a.is_grantable
    from attribute as t
    cross join lateral aclexplode(t.attacl) as a
  ) as x
  join relation as c on c.oid = x.relation
  join role as r on r.oid = x.grantee
  where x.grantee <> c.relowner and not r.trusted
),
-- The same by command: each command needs a policy.
granted as materialized (
  select h.relation, h.privilege as command, string_agg(distinct h.role, ', ') as roles
  from held as h
  where h.grantee <> 0 and h.privilege in ('select', 'insert', 'update', 'delete')
  group by h.relation, h.privilege
),
policy as materialized (
  select p.oid, p.polname, quote_ident(p.polname) as name, p.polrelid as relation, c.name as relation_name,
    c.owner, c.kind, c.right_forms, c.own, p.polcmd, p.polpermissive, p.polroles, p.polqual is not null as has_using,
    p.polwithcheck is not null as has_check, pg_get_expr(p.polqual, p.polrelid) as qual,
    pg_get_expr(p.polwithcheck, p.polrelid) as with_check,
    format('%I on %s', p.polname, c.name) as object,
    case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update'
      when 'd' then 'delete' else 'all' end as command
  from pg_catalog.pg_policy as p
  join relation as c on c.oid = p.polrelid
  where c.served
),
index as materialized (
  select i.indexrelid as oid, i.indrelid as relation, i.indkey, i.indnkeyatts, i.indisprimary,
    i.indisunique or i.indisexclusion as is_unique, i.indpred is null as is_total, i.indisvalid,
    i.indcollation, pg_get_expr(i.indpred, i.indrelid) as predicate, i.indisexclusion, c.relname, k.conname,
    format('%I.%I', r.nspname, c.relname) as name, m.amname = 'btree' as is_btree,
    c.relispartition as is_inherited,
    -- Whether PostgreSQL can use the first key before a policy: in its order, by a distance, or by a
    -- leakproof operator.
    (m.amname = 'btree' or exists (
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
-- The collations by which columns and indexes are sorted.
sorted as materialized (
  select a.attrelid as relation, a.attcollation as sort_by from attribute as a
  union
  select i.relation, n.sort_by from index as i cross join lateral unnest(i.indcollation) as n (sort_by)
),
-- Foreign keys of our tables. `columns` and `targets` are lists as SQL writes them.
reference as materialized (
  select k.oid, k.conname, k.conrelid, k.confrelid, k.conkey, k.confkey, k.confdeltype, c.name as child,
    c.served as child_served, c.kind as child_kind, p.kind as parent_kind, c.owner as child_owner, c.owner_number as child_owner_number,
    c.relname as child_name, p.name as parent,
    p.owner as parent_owner, p.owner_number as parent_owner_number, p.relname as parent_name,
    p.is_user as to_user,
    k.convalidated and coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true) as is_enforced,
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
    f.prorettype in ('pg_catalog.trigger'::pg_catalog.regtype, 'pg_catalog.event_trigger'::pg_catalog.regtype) as is_trigger,
    l.lanname as language,
    coalesce(pg_get_function_sqlbody(f.oid), f.prosrc) collate "C" as body,
    format('%I.%I(%s)', s.nspname, f.proname, oidvectortypes(f.proargtypes)) as name
  from pg_catalog.pg_proc as f
  join schema as s on s.oid = f.pronamespace
  join pg_catalog.pg_language as l on l.oid = f.prolang
  where f.pronamespace <> 'pg_catalog'::pg_catalog.regnamespace and not exists (
    select from extended as e
    where e.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and e.objid = f.oid
  )
),
trigger as materialized (
  select t.oid, t.tgrelid as relation, t.tgname, format('%I on %s', t.tgname, c.name) as object,
    t.tgenabled in ('O', 'A') as is_enabled, t.tgisinternal, t.tgfoid, t.tgattr,
    -- Each argument ends with a zero byte.
    array(select a from unnest(string_to_array(encode(t.tgargs, 'escape'), '\000')) as a where a <> '') as arguments,
    -- The bits of pg_trigger.h: 1 row, 2 before, 4 insert, 8 delete, 16 update, 64 instead of.
    t.tgtype & 83 = 19 as is_before_update, t.tgtype & 75 = 9 as is_after_delete,
    -- A node tree: `{VAR :varno 1 :varattno 3` is column 3 of OLD, varno 2 is NEW, column 0 is the row.
    t.tgqual::text as condition
  from pg_catalog.pg_trigger as t
  join relation as c on c.oid = t.tgrelid
)
