-- Triggers that keep promises which no policy can: what never changes, when a row changed last, and that a
-- deleted account stays deleted. Protects them from being disabled, dropped or replaced.
select 'TRIGGER_DISABLED', 'error', t.object, format('The trigger %s does not run.', t.object),
  format('alter table %s enable trigger %I;', c.name, t.tgname)
from trigger as t
join relation as c on c.oid = t.relation
where not t.is_enabled and not t.tgisinternal
union all

-- PostgreSQL checks foreign keys by triggers of its own: without them a cascade leaves rows behind.
select 'TRIGGER_DISABLED', 'error', c.name, format('The foreign keys of %s are not checked.', c.name),
  format('alter table %s enable trigger all;', c.name)
from relation as c
where exists (select from trigger as t where t.relation = c.oid and t.tgisinternal and not t.is_enabled)
union all

-- Column grants keep these columns from people; this trigger also keeps them from the owner's mistakes.
select 'IMMUTABLE_MISSING', 'error', c.name,
  format('No enabled trigger keeps %s of %s from changing.', string_agg(a.name, ', ' order by a.attnum), c.name),
  format('create or replace trigger _100_immutable before update on %s for each row when (%s) '
    'execute function app_private.refuse_change(%s);',
    c.name, x.condition, x.arguments)
from relation as c
join attribute as a on a.attrelid = c.oid and (a.attname in ('id', 'created_at')
  or (a.attnum = c.owner_number and c.kind = 'owned'))
cross join lateral (
  select string_agg(format('old.%1$s is distinct from new.%1$s', i.name), ' or ' order by i.attnum) as condition,
    string_agg(quote_literal(i.attname), ', ' order by i.attnum) as arguments
  from attribute as i
  where i.attrelid = c.oid and (i.attname in ('id', 'created_at')
    or (i.attnum = c.owner_number and c.kind = 'owned'))
) as x
where c.owner is not null and not c.relispartition
  and exists (select from granted as g where g.relation = c.oid)
  and not exists (
    select from trigger as t
    join routine as f on f.oid = t.tgfoid and f.name = 'app_private.refuse_change()'
    where t.relation = c.oid and t.is_enabled and t.is_before_update
      and (t.tgattr = ''::int2vector or a.attnum = any (t.tgattr::smallint[]))
      and (t.condition is null or (
        t.condition ~ format('\{VAR :varno 1 :varattno %s ', a.attnum)
        and t.condition ~ format('\{VAR :varno 2 :varattno %s ', a.attnum)))
  )
group by c.name, x.condition, x.arguments
union all

-- expectedUpdatedAt compares updated_at: a column that changes without it is a lost update. touch() compares
-- whole rows. A trigger with WHEN or a list of columns does not know the columns that are added later.
select 'TOUCH_MISSING', 'error', c.name,
  format('Not every change of %s sets updated_at: no enabled trigger calls app_private.touch() at each update.', c.name),
  format('create or replace trigger %I before update on %s for each row execute function app_private.touch(%s);',
    coalesce((
      select t.tgname from trigger as t join routine as f on f.oid = t.tgfoid
      where t.relation = c.oid and t.is_before_update and f.body ~* '\mnew\.updated_at\s*:?='
      order by f.name <> 'app_private.touch()', t.oid limit 1
    ), '_200_touch'), c.name, (
      select string_agg(quote_literal(a.attname), ', ' order by a.attnum)
      from attribute as a where a.attrelid = c.oid and a.attgenerated = 's'))
from relation as c
where c.served and c.is_table and not c.relispartition
  and exists (select from attribute as a where a.attrelid = c.oid and a.attname = 'updated_at')
  and not exists (
    select from trigger as t join routine as f on f.oid = t.tgfoid and f.name = 'app_private.touch()'
    where t.relation = c.oid and t.is_enabled and t.is_before_update and t.tgattr = ''::int2vector
      and t.condition is null
  )
union all

-- A stored generated column is null in NEW until touch() has run: it looks changed unless it is named.
select 'TOUCH_GENERATED', 'error', t.object,
  format('An update that changes nothing sets updated_at of %s: the trigger does not name the generated columns.',
    c.name),
  format('create or replace trigger %I before update on %s for each row execute function app_private.touch(%s);',
    t.tgname, c.name, coalesce(string_agg(quote_literal(a.attname), ', ' order by a.attnum), ''))
from trigger as t
join routine as f on f.oid = t.tgfoid and f.name = 'app_private.touch()'
join relation as c on c.oid = t.relation and not c.relispartition
left join attribute as a on a.attrelid = c.oid and a.attgenerated = 's'
group by t.object, t.tgname, t.arguments, c.name
having coalesce(array_agg(a.attname::text order by a.attname) filter (where a.attname is not null), '{}')
  <> array(select n from unnest(t.arguments) as n order by n collate "C")
union all

-- Triggers fire in the order of their names. What is changed after touch() has compared, it does not see.
select 'TOUCH_EARLY', 'error', t.object,
  format('%I of %s runs before %s, so updated_at misses what those change.', t.tgname, c.name,
    string_agg(quote_ident(l.tgname), ', ' order by l.tgname)),
  format('alter trigger %I on %s rename to %I;', t.tgname, c.name, '_900_touch' || case
    when max(l.tgname::text collate "C") >= '_900_touch' then '_last' else '' end)
from trigger as t
join routine as f on f.oid = t.tgfoid and f.name = 'app_private.touch()'
join relation as c on c.oid = t.relation and not c.relispartition
join trigger as l on l.relation = t.relation and l.is_enabled and l.is_before_update and l.tgname > t.tgname
join routine as g on g.oid = l.tgfoid and g.name <> f.name and g.body ~* '\mnew\.\w+\s*:?='
where t.is_before_update
group by t.object, t.tgname, c.name
union all

-- Without a tombstone an old token makes the deleted account again.
select 'TOMBSTONE_MISSING', 'error', c.name,
  format('No enabled trigger of %s writes down which accounts were deleted.', c.name),
  format('create or replace trigger _900_remember after delete on %s for each row '
    'execute function app_private.remember_deleted_user();', c.name)
from relation as c
where c.is_user and not exists (
  select from trigger as t
  join routine as f on f.oid = t.tgfoid and f.name = 'app_private.remember_deleted_user()'
  where t.relation = c.oid and t.is_enabled and t.is_after_delete and t.condition is null
)
union all

-- The functions behind them, by what each has to do and must not do.
select 'TRIGGER_REPLACED', 'error', f.name, format('%s no longer %s.', f.name, x.promise),
  '-- take the function from migrations/committed, in a new migration'
from routine as f
join (values
  ('app_private.refuse_change()', 'raise exception', '\mreturn\M', 'refuses the change'),
  ('app_private.touch()', 'new\.updated_at := greatest\(clock_timestamp\(\), old\.updated_at \+', '\mnull;',
    'sets updated_at at each change'),
  ('app_private.remember_deleted_user()', 'insert into app_private\.deleted_user', '\mif\M', 'writes the tombstone')
) as x (name, must, must_not, promise) on x.name = f.name
where f.body !~* x.must or f.body ~* x.must_not
