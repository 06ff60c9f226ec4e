--! Previous: sha1:4cfdd2559d5036c15ffb7a9f28050bb9916f69e7
--! Hash: sha1:0d3260338cb7a36a5711f814d529e80d5f34dac5
--! Message: live

-- What changed since a client last looked: live lists and delta sync.
--
-- Each person has a version number. Every statement that writes rows of a watched table raises it, inside the
-- writing transaction, by one for each row. The row lock on the number makes the writers of one person wait for
-- each other, so that versions become visible in their order. Timestamps and sequences do not: a reader can pass a
-- number whose transaction commits later. Nobody waits for the writers of another person.
--
-- No row level security on either table on purpose: no role but the owner holds any right on them. The trigger
-- functions take the person from the rows that were written, and changes_since() asks for the identity.
-- No foreign key to "user" either. The check of each row would make a bulk write a quarter slower, and a cascade
-- could lock the number before it reaches the rows that another transaction holds, which waits for the number.
-- forget_changes() runs after all cascades instead.
create table app_private.person_version (
  user_id integer not null,
  epoch uuid not null default gen_random_uuid(),
  version bigint not null,
  pruned bigint not null default 0,
  constraint person_version_pkey primary key (user_id)
) with (fillfactor = 50); -- Room for the next version of the row on its page: no index changes.

comment on table app_private.person_version is 'How many changes of each person''s rows there were.';
comment on column app_private.person_version.user_id is 'The person.';
comment on column app_private.person_version.epoch is
  'Which sequence of versions this is. A cursor of another one, of an earlier account for example, is too old.';
comment on column app_private.person_version.version is 'The version of the person''s newest change.';
comment on column app_private.person_version.pruned is
  'The newest version of a deletion that is forgotten. An older cursor cannot be continued.';

create table app_private.change (
  user_id integer not null,
  relation text collate "C" not null,
  row_id integer not null,
  version bigint not null,
  created_version bigint not null,
  deleted boolean not null,
  changed_at timestamptz not null default now(),
  constraint change_pkey primary key (user_id, relation, row_id)
);

-- The changes after a cursor, in order.
create index change_user_id_version_idx on app_private.change (user_id, relation, version);
-- Deletions that are old enough to be forgotten.
create index change_user_id_deleted_idx on app_private.change (user_id, changed_at) where deleted;

comment on table app_private.change is
  'The newest version of each row of a watched table, and of the rows deleted in the last 30 days.';
comment on column app_private.change.user_id is 'The owner of the row.';
comment on column app_private.change.relation is 'The table of the row.';
comment on column app_private.change.row_id is 'The id of the row.';
comment on column app_private.change.version is 'The person''s version that this change made.';
comment on column app_private.change.created_version is 'The version that made the row.';
comment on column app_private.change.deleted is 'Whether the row is gone.';
comment on column app_private.change.changed_at is 'When it changed; deletions are forgotten after 30 days.';
comment on index app_private.change_user_id_version_idx is 'For changes_since().';
comment on index app_private.change_user_id_deleted_idx is 'For forgetting old deletions.';

-- Runs after the cascades of a deleted account: triggers of one event fire in the order of their names, and those
-- of foreign keys begin with "RI_". The cascade's own deletions are noted later and find no number any more.
create function app_private.forget_changes() returns trigger
  language plpgsql
  set search_path = ''
as $$
begin
  delete from app_private.change as c where c.user_id = old.id;
  delete from app_private.person_version as v where v.user_id = old.id;
  return null;
end
$$;

create trigger _910_forget_changes
  after delete on public."user"
  for each row execute function app_private.forget_changes();

comment on function app_private.forget_changes() is 'Trigger: a deleted account leaves no versions behind.';
comment on trigger _910_forget_changes on public."user" is 'A deleted account leaves no versions behind.';

-- Makes a table's rows known to changes_since(): one line in the migration that makes the table, after its
-- comments. It can run again, for example after the table was renamed: rows that were written without the triggers
-- are noted then.
--
-- It writes one trigger function for the table instead of executing text for each write, so that PostgreSQL keeps
-- the plans. The function sees all rows of a statement at once (transition tables). Rows of one person, which is
-- almost every statement, take two statements without a join. A cached plan that joins the rows of a statement
-- would be planned for the first number of rows that came along, so rows of several people are planned each time.
create function app_private.watch_changes(p_table regclass) returns void
  language plpgsql
  set search_path = ''
as $watch$
declare
  v_name name;
  v_owner name;
  v_forced boolean;
  v_user_ids integer[];
  v_ids integer[];
  v_gone boolean[];
  -- Notes rows of several people: $1 owners, $2 ids, $3 whether each is gone, $4 the table. Numbers are locked in
  -- the order of their people, so that two such statements cannot wait for each other. A person who has no number
  -- and no digest of an address is being deleted.
  v_note constant text := $note$
    with given as (
      select g.user_id, g.row_id, g.gone from unnest($1, $2, $3) as g (user_id, row_id, gone)
    ),
    person as (
      select g.user_id, count(*) as rows from given as g group by g.user_id
      having exists (select from app_private.person_version as v where v.user_id = g.user_id)
        or exists (select from app_private.email_digest as d where d.user_id = g.user_id)
      order by g.user_id
    ),
    raised as (
      insert into app_private.person_version as v (user_id, version) select p.user_id, p.rows from person as p
      on conflict (user_id) do update set version = v.version + excluded.version
      returning v.user_id, v.version
    )
    insert into app_private.change as c (user_id, relation, row_id, version, created_version, deleted)
    select n.user_id, $4, n.row_id, n.version, n.version, n.gone
    from (
      select g.user_id, g.row_id, g.gone, r.version + 1 - row_number() over (partition by g.user_id) as version
      from given as g join raised as r on r.user_id = g.user_id
    ) as n
    on conflict (user_id, relation, row_id)
      do update set version = excluded.version, deleted = excluded.deleted, changed_at = excluded.changed_at,
        created_version = case when c.deleted then excluded.version else c.created_version end$note$;
begin
  select c.relname, c.relforcerowsecurity, coalesce(
      substring(obj_description(c.oid, 'pg_class') from '(?n)^@owner[ \t]+(\S+)[ \t]*$'), 'user_id')
    into v_name, v_forced, v_owner
    from pg_class as c
    where c.oid = p_table and c.relkind = 'r' and not c.relispartition
      and c.relnamespace = 'public'::regnamespace;
  if not found then
    raise exception '% is not a table of schema public', p_table using errcode = 'wrong_object_type';
  end if;
  if obj_description(p_table, 'pg_class') ~ '(?n)^@(member|reference)\M' then
    raise exception 'the rows of % do not belong to one person each, so their changes cannot be watched', p_table
      using errcode = 'feature_not_supported';
  end if;
  if not exists (
    select from pg_constraint as k
    join pg_attribute as i on i.attrelid = k.conrelid and i.attname = 'id' and i.atttypid = 'integer'::regtype
    join pg_attribute as o on o.attrelid = k.conrelid and o.attname = v_owner and o.atttypid = 'integer'::regtype
    where k.conrelid = p_table and k.contype = 'p' and k.conkey = array[i.attnum]
  ) then
    raise exception '% needs a primary key "id integer" and an owner "% integer" to be watched',
      p_table, v_owner using errcode = 'wrong_object_type';
  end if;

  execute format($create$
create or replace function %1$s() returns trigger
  language plpgsql security definer
  set search_path = ''
as $body$
declare
  v_user_id integer;
  v_last integer;
  v_id integer;
  v_rows bigint;
  v_version bigint;
  v_pruned bigint;
  -- Whether a row has another owner or id now: a deletion for the one and a creation for the other.
  v_moved boolean := false;
  v_user_ids integer[];
  v_ids integer[];
  v_gone boolean[];
begin
  if tg_op = 'DELETE' then
    select min(r.%2$I), max(r.%2$I), count(*) into v_user_id, v_last, v_rows from old_rows as r;
  elsif tg_op <> 'TRUNCATE' then
    select min(r.%2$I), max(r.%2$I), count(*), min(r.id) into v_user_id, v_last, v_rows, v_id from new_rows as r;
  end if;
  if v_rows = 0 then
    return null;
  elsif tg_op = 'UPDATE' and v_rows = 1 then
    select r.%2$I <> v_user_id or r.id <> v_id into v_moved from old_rows as r;
  elsif tg_op = 'UPDATE' then
    v_moved := exists (select r.%2$I, r.id from old_rows as r except select r.%2$I, r.id from new_rows as r);
  end if;

  -- Rows of one person: raise the number, then note the rows. A person without a number is new, or is being deleted.
  if v_moved or v_user_id is distinct from v_last then
    v_user_id := null;
  elsif tg_op = 'INSERT' then
    insert into app_private.person_version as v (user_id, version) values (v_user_id, v_rows)
      on conflict (user_id) do update set version = v.version + excluded.version
      returning v.version into v_version;
  elsif tg_op <> 'TRUNCATE' then
    update app_private.person_version as v set version = v.version + v_rows
      where v.user_id = v_user_id returning v.version into v_version;
    if not found then
      return null;
    end if;
  end if;
  if v_user_id is not null and tg_op = 'DELETE' then
    insert into app_private.change as c (user_id, relation, row_id, version, created_version, deleted)
      select v_user_id, %3$L, r.id, v_version + 1 - row_number() over (), 0, true from old_rows as r
      on conflict (user_id, relation, row_id)
        do update set version = excluded.version, deleted = true, changed_at = excluded.changed_at;
    -- Old deletions are forgotten now and then, once in 64 changes.
    if (v_version - v_rows) / 64 < v_version / 64 then
      with forgotten as (
        delete from app_private.change as c
        where c.user_id = v_user_id and c.deleted and c.changed_at < now() - interval '30 days'
        returning c.version
      )
      select max(f.version) into v_pruned from forgotten as f;
      update app_private.person_version as v set pruned = greatest(v.pruned, v_pruned)
        where v.user_id = v_user_id and v_pruned is not null;
    end if;
    return null;
  elsif v_user_id is not null then
    -- Without ON CONFLICT many new rows take a third less time. Only a row of an earlier id, as after a restore of
    -- deleted rows, is there already.
    if tg_op = 'INSERT' then
      begin
        insert into app_private.change as c (user_id, relation, row_id, version, created_version, deleted)
          select v_user_id, %3$L, n.id, n.version, n.version, false
          from (select r.id, v_version + 1 - row_number() over () as version from new_rows as r) as n;
        return null;
      exception when unique_violation then
        null;
      end;
    end if;
    insert into app_private.change as c (user_id, relation, row_id, version, created_version, deleted)
      select v_user_id, %3$L, n.id, n.version, n.version, false
      from (select r.id, v_version + 1 - row_number() over () as version from new_rows as r) as n
      on conflict (user_id, relation, row_id)
        do update set version = excluded.version, deleted = false, changed_at = excluded.changed_at,
          created_version = case when c.deleted then excluded.version else c.created_version end;
    return null;
  end if;

  if tg_op = 'TRUNCATE' then
    select array_agg(c.user_id), array_agg(c.row_id), array_agg(true) into v_user_ids, v_ids, v_gone
      from app_private.change as c where c.relation = %3$L and not c.deleted;
  elsif tg_op = 'DELETE' then
    select array_agg(r.%2$I), array_agg(r.id), array_agg(true) into v_user_ids, v_ids, v_gone from old_rows as r;
  else
    select array_agg(r.%2$I), array_agg(r.id), array_agg(false) into v_user_ids, v_ids, v_gone from new_rows as r;
  end if;
  if v_moved then
    select v_user_ids || array_agg(m.user_id), v_ids || array_agg(m.id), v_gone || array_agg(true)
      into v_user_ids, v_ids, v_gone
      from (
        select r.%2$I, r.id from old_rows as r except select r.%2$I, r.id from new_rows as r
      ) as m (user_id, id);
  end if;
  if v_ids is not null then
    execute %4$L using v_user_ids, v_ids, v_gone, %3$L;
  end if;
  return null;
end
$body$;
comment on function %1$s() is 'Trigger, made by app_private.watch_changes(): notes changed rows of %5$s.';
create or replace trigger _700_watch_insert
  after insert on %5$s referencing new table as new_rows for each statement execute function %1$s();
create or replace trigger _700_watch_update
  after update on %5$s referencing old table as old_rows new table as new_rows
  for each statement execute function %1$s();
create or replace trigger _700_watch_delete
  after delete on %5$s referencing old table as old_rows for each statement execute function %1$s();
create or replace trigger _700_watch_truncate
  after truncate on %5$s for each statement execute function %1$s();
comment on trigger _700_watch_insert on %5$s is 'Notes new rows, for changes_since().';
comment on trigger _700_watch_update on %5$s is 'Notes changed rows, for changes_since().';
comment on trigger _700_watch_delete on %5$s is 'Notes deleted rows, for changes_since().';
comment on trigger _700_watch_truncate on %5$s is 'Notes that all rows are deleted, for changes_since().';
$create$, format('app_private.%I', 'changes_of_' || left(v_name, 50)), v_owner, v_name, v_note, p_table);

  -- Rows that were there before, and rows of an earlier table of this name. FORCE binds the owner too, so it is
  -- lifted while the rows are read. The lock on the table keeps other sessions out until the migration commits.
  if v_forced then
    execute format('alter table %s no force row level security', p_table);
  end if;
  execute format($difference$
    select array_agg(coalesce(c.user_id, t.%1$I)), array_agg(coalesce(c.row_id, t.id)), array_agg(t.id is null)
    from %2$s as t
    full join (
      select c.user_id, c.row_id from app_private.change as c where c.relation = %3$L and not c.deleted
    ) as c on c.row_id = t.id and c.user_id = t.%1$I
    where t.id is null or c.row_id is null$difference$, v_owner, p_table, v_name) into v_user_ids, v_ids, v_gone;
  if v_forced then
    execute format('alter table %s force row level security', p_table);
  end if;
  execute v_note using v_user_ids, v_ids, v_gone, v_name;
end
$watch$;

comment on function app_private.watch_changes(regclass) is
  'Owner only: notes changes of this table from now on, and the rows that it has, for changes_since().';

-- Runs after every migration (refresh-direct.sql): a table that is gone, or that lost its triggers, leaves no
-- function and no rows behind.
create function app_private.forget_unwatched() returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_function regprocedure;
begin
  for v_function in
    select p.oid from pg_proc as p
    where p.pronamespace = 'app_private'::regnamespace and p.proname like 'changes\_of\_%'
      and p.prorettype = 'trigger'::regtype and not exists (select from pg_trigger as t where t.tgfoid = p.oid)
  loop
    execute format('drop function %s', v_function);
  end loop;
  delete from app_private.change as c
    where not exists (
      select from pg_trigger as t join pg_class as r on r.oid = t.tgrelid
      where t.tgname = '_700_watch_insert' and r.relnamespace = 'public'::regnamespace and r.relname = c.relation
    );
end
$$;

comment on function app_private.forget_unwatched() is
  'Owner only: removes what watch_changes() made for tables that are not there any more.';

-- The changes of the person's rows in one table after a version, oldest first, at most p_first. Each row is in it
-- once, with its newest version. Without p_since: all rows that are there.
-- The last row of the answer has no row_id. Its version is the place to continue from, and it says whether there is
-- more. It says resync if there is no way to continue from p_since: the sequence of versions is another one (p_epoch),
-- or a deletion after p_since is forgotten, or p_since is in the future, as after a restore of an older state.
-- STABLE: rows that the calling statement joins are of the same moment as their versions.
-- SECURITY DEFINER because nobody but the owner may read the two tables.
create function public.changes_since(p_relation text, p_epoch uuid, p_since bigint, p_first integer)
  returns table (
    row_id integer, version bigint, is_new boolean, is_gone boolean, epoch uuid, has_more boolean, resync boolean)
  language sql stable security definer
  set search_path = ''
begin atomic
  with person as materialized (
    select v.epoch, coalesce(v.version, 0) as version,
      p_since is not null and (
        p_epoch is distinct from v.epoch or p_since < v.pruned or p_since > v.version) as resync
    from (select) as one
    left join app_private.person_version as v on v.user_id = (select app_private.current_user_id())
  ),
  page as materialized (
    select c.row_id, c.version, c.created_version > coalesce(p_since, 0) as is_new, c.deleted
    from app_private.change as c
    where c.user_id = (select app_private.current_user_id()) and c.relation = p_relation
      and c.version > coalesce(p_since, 0) and (p_since is not null or not c.deleted)
      and not (select p.resync from person as p)
    order by c.version limit p_first + 1
  ),
  kept as materialized (select g.* from page as g order by g.version limit p_first)
  select a.row_id, a.version, a.is_new, a.is_gone, p.epoch, a.has_more, p.resync
  from person as p
  cross join lateral (
    select k.row_id, k.version, k.is_new, k.deleted as is_gone, null::boolean as has_more from kept as k
    union all
    select null, case when m.has_more then coalesce((select max(k.version) from kept as k), p_since, 0)
      else p.version end, null, null, m.has_more
    from (select coalesce(count(*) > p_first, false) as has_more from page) as m
  ) as a
  order by a.row_id is null, a.version;
end;

grant execute on function public.changes_since(text, uuid, bigint, integer) to todo_user;

comment on function public.changes_since(text, uuid, bigint, integer) is
  E'@behavior -*\nWhat changed in your rows of a table after a version.';

-- For the server: who of these people has changes. It learns numbers, no rows and no ids of rows.
-- SECURITY DEFINER because the server's login may read no table.
create function app_private.versions_of(p_user_ids integer[]) returns table (user_id integer, version bigint)
  language sql stable security definer
  set search_path = ''
begin atomic
  select v.user_id, v.version from app_private.person_version as v where v.user_id = any (p_user_ids);
end;

grant execute on function app_private.versions_of(integer[]) to todo_authenticator;

comment on function app_private.versions_of(integer[]) is
  'The versions of these people; one without any change is not in it. For the server only.';

select app_private.watch_changes('public.task');
