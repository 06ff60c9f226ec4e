--! Previous: sha1:8f9a54403a01503778dfd286fc2d676412989ca8
--! Hash: sha1:afc7f0cdb7b8db60a18ce237550fb5e7a57927d2
--! Message: direct-pages

-- Additions to schema direct (000009): it shows the views of schema public, a login cannot lock a table through
-- its view, pages are as fast as in the API, and personal logins get the planner settings that make them so.

-- What schema direct does as the owner is done with more rights than todo_user has. So a view or function of
-- schema public that runs with its caller's rights is in schema direct only if todo_user may use all that it
-- uses, and if PostgreSQL knows what that is: a body that is text could read a private table.
create function app_private.direct_refused() returns table (oid oid)
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
    else false end;
$$;

comment on function app_private.direct_refused() is
  'Views and functions of schema public that are not in schema direct: as the owner they could do more.';
grant execute on function app_private.direct_refused() to todo_authenticator;

-- As in 000009, with one condition more: a view must not be refused.
create or replace function app_private.direct_columns() returns table (
    relation oid, relname name, kind "char", attnum smallint, attname name, type text,
    is_key boolean, may_insert boolean, may_update boolean,
    -- The table's default. A default that needs nothing but built-in functions also stands on the view, so
    -- that an explicit null is kept. Any other is evaluated by the trigger, as the owner: the login may have
    -- no right on the function or sequence.
    default_text text, default_on_view boolean)
  language sql stable
  set search_path = ''
as $$
  select c.oid, c.relname, c.relkind, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod),
    exists (select from pg_constraint as k
      where k.conrelid = c.oid and k.contype = 'p' and a.attnum = any (k.conkey)),
    c.relkind in ('r', 'p') and a.attgenerated = '' and a.attidentity <> 'a'
      and has_column_privilege('todo_user', c.oid, a.attnum, 'insert'),
    c.relkind in ('r', 'p') and a.attgenerated = '' and a.attidentity <> 'a'
      and has_column_privilege('todo_user', c.oid, a.attnum, 'update'),
    case when a.attidentity = 'd'
      then (select format('pg_catalog.nextval(%L)', x.objid::regclass) from pg_depend as x
        where x.classid = 'pg_catalog.pg_class'::regclass and x.refclassid = 'pg_catalog.pg_class'::regclass
          and x.refobjid = c.oid and x.refobjsubid = a.attnum and x.deptype = 'i')
      else pg_get_expr(d.adbin, d.adrelid) end,
    d.oid is not null and not exists (
      select from pg_depend as x where x.classid = 'pg_catalog.pg_attrdef'::regclass and x.objid = d.oid
        and not (x.refclassid = 'pg_catalog.pg_class'::regclass and x.refobjid = c.oid))
  from pg_class as c
  join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  left join pg_attrdef as d on d.adrelid = c.oid and d.adnum = a.attnum and a.attgenerated = ''
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v')
    and has_column_privilege('todo_user', c.oid, a.attnum, 'select')
    and not (c.relkind = 'v' and c.oid in (select r.oid from app_private.direct_refused() as r));
$$;

-- As in 000009. The conditions are those of direct_refused(), which follows views as well.
create or replace function app_private.direct_functions() returns table (oid oid)
  language sql stable
  set search_path = ''
as $$
  select p.oid from pg_proc as p
  where p.pronamespace = 'public'::regnamespace and p.prokind = 'f'
    and p.prorettype not in ('pg_catalog.trigger'::regtype, 'pg_catalog.event_trigger'::regtype)
    and has_function_privilege('todo_user', p.oid, 'execute')
    and not exists (select from pg_depend as e
      where e.classid = 'pg_catalog.pg_proc'::regclass and e.objid = p.oid and e.deptype = 'e')
    and p.oid not in (select r.oid from app_private.direct_refused() as r);
$$;

-- As in 000009, with an order for tables and a function for each view of schema public.
create or replace function app_private.direct_definitions()
  returns table (step integer, object text, statement text, expected text, actual text)
  language sql stable
  set search_path = ''
as $$
  with
  col as materialized (
    select c.*, quote_ident(c.attname) as name, c.relation::regclass::text as source,
      format('direct.%I', c.relname) as view, format('direct.%I', left(c.relname, 56) || '_nolock') as nolock
    from app_private.direct_columns() as c
  ),
  -- A table is written row by row, and a row is found by its primary key.
  target as materialized (
    select c.relation, c.relname, c.source, c.view, c.nolock,
      format('direct.%I', c.relname || '_write') as trigger_function,
      format('direct.%I', c.relname || '_read') as read_function,
      -- Newest first, as in the API. Without an order of its own a view is read to its end and sorted for
      -- each `order by id desc limit 200`: PostgreSQL moves neither into the view.
      (select string_agg(quote_ident(n.attname) || ' DESC', ', ' order by k.place)
        from pg_constraint as p
        cross join lateral unnest(p.conkey) with ordinality as k (attnum, place)
        join pg_attribute as n on n.attrelid = p.conrelid and n.attnum = k.attnum
        where p.conrelid = c.relation and p.contype = 'p') as newest_first,
      d.inserts, d.updates, d.deletes, c.kind,
      string_agg(c.name, ', ' order by c.attnum) as columns, min(c.name) as any_column,
      string_agg('t.' || c.name, ', ' order by c.attnum) as now,
      string_agg('old.' || c.name, ', ' order by c.attnum) as old,
      string_agg(format('t.%1$s = old.%1$s', c.name), ' and ' order by c.attnum) filter (where c.is_key) as same_key,
      string_agg(c.name, ', ' order by c.attnum) filter (where c.may_insert) as insert_columns,
      string_agg(case when c.default_on_view or c.default_text is null then 'new.' || c.name
          else format('coalesce(new.%s, %s)', c.name, c.default_text) end, ', ' order by c.attnum)
        filter (where c.may_insert) as insert_values,
      string_agg(format('%1$s = new.%1$s', c.name), ', ' order by c.attnum) filter (where c.may_update) as sets,
      -- The first column that was given another value than it may have, or null.
      coalesce('case' || string_agg(format(
          E'\n      when new.%1$s is not null and record_image_ne(row(new.%1$s), row(v_row.%1$s)) then %2$L',
          c.name, c.attname), '' order by c.attnum) filter (where not c.may_insert) || ' end', 'null') as not_inserted,
      coalesce('case' || string_agg(format(
          E'\n      when record_image_ne(row(new.%1$s), row(old.%1$s)) then %2$L',
          c.name, c.attname), '' order by c.attnum) filter (where not c.may_update) || ' end', 'null') as not_updated
    from col as c
    join app_private.direct_tables() as d on d.relation = c.relation
    group by c.relation, c.relname, c.source, c.view, c.nolock, c.kind, d.inserts, d.updates, d.deletes
  ),
  argument as (
    select f.oid, a.place, coalesce(p.proargmodes[a.place], 'i') as mode, a.type,
      -- In an argument that is a row of a table, the login gives a row of the view.
      exists (select from target as t join pg_type as y on y.typrelid = t.relation where y.oid = a.type) as is_row,
      p.proargnames[a.place] as name,
      count(*) filter (where coalesce(p.proargmodes[a.place], 'i') in ('i', 'b', 'v'))
        over (partition by f.oid order by a.place) as input
    from app_private.direct_functions() as f
    join pg_proc as p on p.oid = f.oid
    cross join lateral unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality as a (type, place)
  ),
  signature as (
    select a.oid,
      string_agg(concat_ws(' ',
          case a.mode when 'o' then 'OUT' when 'b' then 'INOUT' when 'v' then 'VARIADIC' end,
          quote_ident(nullif(a.name, '')),
          case when a.is_row then t.view else format_type(a.type, null) end,
          'DEFAULT ' || case when a.mode in ('i', 'b', 'v') then pg_get_function_arg_default(a.oid, a.input::integer) end),
        ', ' order by a.place) filter (where a.mode <> 't') as parameters,
      string_agg(case
          when a.is_row then format('case when $%1$s is null then null else row(%2$s)::%3$s end', a.input,
            (select string_agg(case when c.attnum is not null then format('($%s).%s', a.input, c.name)
                else format('null::%s', format_type(r.atttypid, r.atttypmod)) end, ', ' order by r.attnum)
              from pg_attribute as r left join col as c on c.relation = r.attrelid and c.attnum = r.attnum
              where r.attrelid = t.relation and r.attnum > 0 and not r.attisdropped), t.source)
          when a.mode = 'v' then 'variadic $' || a.input
          else '$' || a.input end, ', ' order by a.place) filter (where a.mode in ('i', 'b', 'v')) as given
    from argument as a
    left join pg_type as y on y.oid = a.type
    left join target as t on t.relation = y.typrelid
    group by a.oid
  ),
  copy as (
    select p.oid, p.proname, coalesce(s.parameters, '') as parameters,
      case when t.view is null then pg_get_function_result(p.oid)
        when p.proretset then 'SETOF ' || t.view else t.view end as result,
      case p.provolatile when 'i' then 'IMMUTABLE' when 's' then 'STABLE' else 'VOLATILE' end as volatility,
      format('select %s from public.%I(%s) as t', coalesce(t.now, 't.*'), p.proname, s.given) as body
    from app_private.direct_functions() as f
    join pg_proc as p on p.oid = f.oid
    left join signature as s on s.oid = p.oid
    left join pg_type as y on y.oid = p.prorettype
    left join target as t on t.relation = y.typrelid
  ),
  body as (
    select t.*, concat_ws(E'\n  ',
      E'declare\n  v_row ' || t.view || E';\n  v_refused text;\n  v_conflict boolean;\nbegin',
      case when t.inserts then format(E'if tg_op = ''INSERT'' then
    insert into %1$s as t (%2$s) values (%3$s) returning %4$s into v_row;
    if not found then return null; end if;
    v_refused := %5$s;
  end if;', t.source, t.insert_columns, t.insert_values, t.now, t.not_inserted) end,
      case when t.updates then format(E'if tg_op = ''UPDATE'' then
    v_refused := %5$s;
    if v_refused is null then
      update %1$s as t set %2$s where %3$s and record_image_eq(row(%4$s), row(%6$s))
        returning %4$s into v_row;
    end if;
  end if;', t.source, t.sets, t.same_key, t.now, t.not_updated, t.old) end,
      case when t.deletes then format(E'if tg_op = ''DELETE'' then
    delete from %1$s as t where %2$s and record_image_eq(row(%3$s), row(%4$s))
      returning %3$s into v_row;
  end if;', t.source, t.same_key, t.now, t.old) end,
      format(E'if v_refused is not null then
    raise exception ''permission denied for column %% of %%'', v_refused, tg_table_name
      using errcode = ''insufficient_privilege'', column = v_refused, table = tg_table_name, schema = tg_table_schema;
  end if;') ,
      case when t.updates or t.deletes then format(E'if tg_op <> ''INSERT'' and not found then
    select record_image_ne(row(%1$s), row(%2$s)) and not app_private.is_own_version(t.xmin)
      into v_conflict from %3$s as t where %4$s;
    if v_conflict then
      raise exception ''a row of %% was changed by another session while this statement ran'', tg_table_name
        using errcode = ''serialization_failure'', table = tg_table_name, schema = tg_table_schema;
    end if;
    return null;
  end if;', t.now, t.old, t.source, t.same_key) end,
      'return v_row;') || E'\nend' as text
    from target as t where t.kind <> 'v'
  ),
  wanted (step, object, statement, expected) as (
    -- LOCK TABLE on a view locks the tables behind it with the rights of the view's owner. So between a view
    -- and its table stands a second view, <table>_nolock, of which the owner itself has only the right to read:
    -- there LOCK TABLE ends with an error. SELECT … FOR UPDATE needs the right to update any one column.
    select 0, 'view ' || t.nolock,
      format('create view %1$s as select %2$s from %3$s; revoke all on %1$s from current_user;
        grant select, update (%4$s) on %1$s to current_user', t.nolock, t.columns, t.source, t.any_column),
      format('SELECT%sFROM%s; read by its owner', replace(t.columns, ', ', ','), t.source)
    from target as t where t.kind <> 'v'
    union all
    select 1, 'view ' || t.view,
      format('create view %s with (security_barrier) as select %s from %s offset 0', t.view, t.columns,
        t.nolock || coalesce(' order by ' || t.newest_first, '')),
      format('SELECT%sFROM%sOFFSET0; {security_barrier=true}', replace(t.columns, ', ', ','),
        t.nolock || coalesce('ORDERBY' || replace(replace(t.newest_first, ', ', ','), ' DESC', 'DESC'), ''))
    from target as t where t.kind <> 'v'
    union all
    -- A view of schema public reads its tables with the rights of its caller (security_invoker), and a login
    -- has none. Inside a function that runs as the owner, the owner is the caller. FORCE binds the owner.
    select 0, format('function %s()', t.read_function),
      format('create function %s() returns setof %s language sql stable security definer set search_path = '''' as %L',
        t.read_function, t.source, format('select v.* from %s as v', t.source)),
      concat_ws(E'\n', format('RETURNS SETOF %s STABLE SECURITY DEFINER {"search_path=\"\""}', t.source),
        format('select v.* from %s as v', t.source))
    from target as t where t.kind = 'v'
    union all
    select 1, 'view ' || t.view,
      format('create view %s with (security_barrier) as select %s from %s() as v offset 0', t.view, t.columns,
        t.read_function),
      format('SELECT%sFROM%s()v(%s)OFFSET0; {security_barrier=true}', replace(t.columns, ', ', ','),
        t.read_function, (select string_agg(quote_ident(n.attname), ',' order by n.attnum) from pg_attribute as n
          where n.attrelid = t.relation and n.attnum > 0 and not n.attisdropped))
    from target as t where t.kind = 'v'
    union all
    select 2, format('default %s.%s', c.view, c.name),
      format('alter view %s alter column %s set default %s', c.view, c.name, c.default_text), c.default_text
    from col as c where c.may_insert and c.default_on_view
    union all
    select 2, format('function %s()', b.trigger_function),
      format('create function %s() returns trigger language plpgsql security definer set search_path = '''' as %L',
        b.trigger_function, b.text),
      concat_ws(E'\n', 'RETURNS trigger VOLATILE SECURITY DEFINER {"search_path=\"\""}', b.text)
    from body as b
    union all
    select 3, format('trigger write on %s', b.view),
      -- Always for all three: without a trigger, PostgreSQL would say that a view cannot be written, and not
      -- that permission is denied.
      format('create trigger write instead of insert or delete or update on %s for each row execute function %s()',
        b.view, b.trigger_function),
      format('CREATE TRIGGER write INSTEAD OF INSERT OR DELETE OR UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION %s() O',
        b.view, b.trigger_function)
    from body as b
    union all
    select 4, format('function direct.%I(%s)', f.proname, f.parameters),
      format('create function direct.%I(%s) returns %s language sql %s security definer set search_path = '''' as %L',
        f.proname, f.parameters, f.result, f.volatility, f.body),
      concat_ws(E'\n', format('RETURNS %s %s SECURITY DEFINER {"search_path=\"\""}', f.result, f.volatility), f.body)
    from copy as f
  ),
  found (object, owner, actual) as (
    select 'view ' || c.oid::regclass, c.relowner,
      concat_ws(' ', regexp_replace(pg_get_viewdef(c.oid), '\s', '', 'g'), c.reloptions,
        case when c.relacl is not null
          and not exists (select from aclexplode(c.relacl) as a
            where a.grantee <> c.relowner or a.privilege_type <> 'SELECT')
          and not exists (select from pg_attribute as a cross join lateral aclexplode(a.attacl) as x
            where a.attrelid = c.oid and x.grantee <> c.relowner)
        then 'read by its owner' end)
    from pg_class as c
    where c.relnamespace = 'direct'::regnamespace and c.relkind not in ('i', 'I', 't', 'c')
    union all
    select format('default %s.%I', c.oid::regclass, a.attname), c.relowner, pg_get_expr(d.adbin, d.adrelid)
    from pg_class as c
    join pg_attrdef as d on d.adrelid = c.oid
    join pg_attribute as a on a.attrelid = c.oid and a.attnum = d.adnum
    where c.relnamespace = 'direct'::regnamespace
    union all
    select format('trigger %I on %s', t.tgname, c.oid::regclass), c.relowner,
      concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled)
    from pg_class as c join pg_trigger as t on t.tgrelid = c.oid
    where c.relnamespace = 'direct'::regnamespace
    union all
    select format('rule %I on %s', r.rulename, c.oid::regclass), c.relowner, 'rule'
    from pg_class as c join pg_rewrite as r on r.ev_class = c.oid and r.rulename <> '_RETURN'
    where c.relnamespace = 'direct'::regnamespace
    union all
    select format('function direct.%I(%s)', p.proname, pg_get_function_arguments(p.oid)), p.proowner,
      concat_ws(E'\n', format('RETURNS %s %s %s %s', pg_get_function_result(p.oid),
        case p.provolatile when 'i' then 'IMMUTABLE' when 's' then 'STABLE' else 'VOLATILE' end,
        case when p.prosecdef then 'SECURITY DEFINER' else 'SECURITY INVOKER' end, p.proconfig), p.prosrc)
    from pg_proc as p where p.pronamespace = 'direct'::regnamespace
  )
  select w.step, coalesce(w.object, f.object), w.statement, w.expected,
    -- Only the owner of app_private may own what reads the tables.
    case when f.owner = n.nspowner then f.actual else 'owner ' || f.owner::regrole || E'\n' || f.actual end
  from wanted as w
  full join found as f on f.object = w.object
  cross join (select s.nspowner from pg_namespace as s where s.nspname = 'app_private') as n;
$$;

-- A policy compares user_id with a value that the planner does not know, so it counts on an average account.
-- With its own settings it fetches a large account whole and sorts it for one page. The server's login has the
-- same settings for the same reason (roles.sql). A login may set others.
create function app_private.set_psql_planner(p_login name) returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_setting text;
begin
  foreach v_setting in array array['enable_bitmapscan = off', 'random_page_cost = 1.1', 'jit = off'] loop
    execute format('alter role %I in database %I set %s', p_login, current_database(), v_setting);
  end loop;
end
$$;

comment on function app_private.set_psql_planner(name) is
  'Owner only: gives a personal login the planner settings of the server''s login.';

select app_private.set_psql_planner(l.login)
from app_private.psql_login as l
join pg_catalog.pg_roles as r on r.rolname = l.login;

-- As in 000005, with these settings.
create or replace function app_private.grant_psql_login(p_user_id integer, p_password text) returns name
  language plpgsql
  set search_path = ''
as $$
declare
  v_login constant name := 'todo_psql_' || p_user_id;
begin
  -- FORCE binds the owner too: to see whether the person exists, the owner acts for them.
  perform pg_catalog.set_config('jwt.claims.user_id', p_user_id::text, true);
  if not exists (select from public."user" as u where u.id = p_user_id) then
    raise exception 'there is no user %', p_user_id using errcode = 'no_data_found';
  end if;

  if not exists (select from pg_catalog.pg_roles as r where r.rolname = v_login) then
    execute format(
      'create role %I nosuperuser nocreatedb nocreaterole noreplication nobypassrls noinherit', v_login);
  end if;
  -- Three connections: enough for a prompt and a tool, too few to crowd out others.
  execute format('alter role %I login connection limit 3 password %L', v_login, p_password);
  -- `select * from task` means direct.task. A convenience: the login may set another path and gains nothing.
  execute format('alter role %I in database %I set search_path = direct', v_login, current_database());
  perform app_private.set_psql_planner(v_login);
  execute format('grant connect on database %I to %I', current_database(), v_login);

  insert into app_private.psql_login (login, user_id) values (v_login, p_user_id)
    on conflict (login) do nothing;
  perform app_private.refresh_direct_views();
  return v_login;
end
$$;
