--! Previous: sha1:afc7f0cdb7b8db60a18ce237550fb5e7a57927d2
--! Hash: sha1:cb508029d8439de9de400256699cf4c51f5cac00
--! Message: direct-drop

-- Two corrections of schema direct (000009, 000011).

-- Takes all names before it drops anything. A loop over the catalogue reads on while CASCADE drops views that the
-- loop has yet to come to, and of a dropped view there is no name. It failed from about six tables on.
create or replace function app_private.drop_direct_views() returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_names text;
begin
  lock table app_private.direct_queue in exclusive mode;
  -- The views first: CASCADE takes their triggers, and functions that return their rows.
  select string_agg(c.oid::regclass::text, ', ') into v_names from pg_catalog.pg_class as c
    where c.relnamespace = 'direct'::regnamespace and c.relkind = 'v';
  if v_names is not null then
    execute 'drop view ' || v_names || ' cascade';
  end if;
  select string_agg(p.oid::regprocedure::text, ', ') into v_names from pg_catalog.pg_proc as p
    where p.pronamespace = 'direct'::regnamespace;
  if v_names is not null then
    execute 'drop function ' || v_names;
  end if;
end
$$;

-- As in 000011, and a function or view that uses a whole row is refused if todo_user may not read all of it.
create or replace function app_private.direct_refused() returns table (oid oid)
  language sql stable
  set search_path = ''
as $$
  with recursive
  -- What runs with its caller's rights, with all that it runs in the same way: the rules of views, functions.
  runs (root, class, id) as (
    select c.oid, 'pg_catalog.pg_rewrite'::regclass, w.oid
    from pg_class as c
    join pg_rewrite as w on w.ev_class = c.oid and w.rulename = '_RETURN'
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'v' and c.reloptions::text like '%security_invoker=%'
    union
    select p.oid, 'pg_catalog.pg_proc'::regclass, p.oid
    from pg_proc as p
    where p.pronamespace = 'public'::regnamespace and p.prokind = 'f' and not p.prosecdef
      and has_function_privilege('todo_user', p.oid, 'execute')
    union
    select r.root, u.class, u.id
    from runs as r
    join pg_depend as x on x.classid = r.class and x.objid = r.id
    cross join lateral (
      select 'pg_catalog.pg_rewrite'::regclass, w.oid
      from pg_class as c
      join pg_rewrite as w on w.ev_class = c.oid and w.rulename = '_RETURN'
      where x.refclassid = 'pg_catalog.pg_class'::regclass and c.oid = x.refobjid
        and c.relkind = 'v' and c.reloptions::text like '%security_invoker=%'
      union all
      select 'pg_catalog.pg_proc'::regclass, p.oid from pg_proc as p
      where x.refclassid = 'pg_catalog.pg_proc'::regclass and p.oid = x.refobjid and not p.prosecdef
    ) as u (class, id)
  )
  select r.root
  from runs as r
  join pg_proc as p on p.oid = r.id and r.class = 'pg_catalog.pg_proc'::regclass
  join pg_language as l on l.oid = p.prolang
  where p.prosqlbody is null and l.lanname not in ('internal', 'c')
  union
  select r.root
  from runs as r
  join pg_depend as x on x.classid = r.class and x.objid = r.id
  where case x.refclassid
    when 'pg_catalog.pg_proc'::regclass then not has_function_privilege('todo_user', x.refobjid, 'execute')
    when 'pg_catalog.pg_class'::regclass then case
      when (select c.relkind from pg_class as c where c.oid = x.refobjid) = 'S'
        then not has_sequence_privilege('todo_user', x.refobjid, 'usage')
      when x.refobjsubid > 0
        then not has_column_privilege('todo_user', x.refobjid, x.refobjsubid::smallint, 'select, insert, update')
      else not has_any_column_privilege('todo_user', x.refobjid, 'select, insert, update')
        and not has_table_privilege('todo_user', x.refobjid, 'delete')
      end
    else false end
  union
  -- PostgreSQL records no column for a reference to a whole row. In the stored tree it is column 0.
  select r.root
  from runs as r
  left join pg_proc as p on r.class = 'pg_catalog.pg_proc'::regclass and p.oid = r.id
  left join pg_rewrite as w on r.class = 'pg_catalog.pg_rewrite'::regclass and w.oid = r.id
  where strpos(coalesce(p.prosqlbody, w.ev_action)::text, ' :varattno 0 ') > 0
    and exists (
      select from pg_depend as x
      join pg_attribute as a on a.attrelid = x.refobjid and a.attnum > 0 and not a.attisdropped
      where x.classid = r.class and x.objid = r.id and x.refclassid = 'pg_catalog.pg_class'::regclass
        and not has_column_privilege('todo_user', a.attrelid, a.attnum, 'select')
    );
$$;
