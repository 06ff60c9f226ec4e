/** Tables and functions of kinds that the product has none of, for tests of what a migration may add. */
export const ODD_TABLES = `
  create type public.mood as enum ('calm', 'very_angry', 'ok');
  create type public.spot as (x integer, y numeric);
  create table public.thing (
    id integer generated always as identity primary key,
    big bigint not null default 9007199254740993, amount numeric, ratio float8, mood public.mood,
    numbers integer[], spot public.spot, span tstzrange, range int4range, data jsonb, day date,
    seen_at timestamptz, code text not null default 'c', flag boolean not null default false,
    user_id integer not null default app_private.current_user_id()
      references public."user" (id) on delete cascade,
    constraint thing_code_big unique (code, big, id)
  );
  alter table public.thing enable row level security, force row level security;
  create index on public.thing (user_id, id);
  create policy all_own on public.thing using (user_id = (select app_private.current_user_id()));
  grant select, delete on public.thing to todo_user;
  grant insert (big, amount, ratio, mood, numbers, spot, span, range, data, day, seen_at, code, flag),
    update (big, amount, ratio, mood, numbers, spot, span, range, data, day, seen_at, code, flag)
    on public.thing to todo_user;

  create table public.part (
    thing_id integer not null references public.thing (id) on delete cascade,
    position integer not null, name text,
    user_id integer not null default app_private.current_user_id()
      references public."user" (id) on delete cascade,
    primary key (thing_id, position)
  );
  alter table public.part enable row level security, force row level security;
  create index on public.part (user_id, thing_id, position);
  create policy all_own on public.part using (user_id = (select app_private.current_user_id()));
  grant select, insert (thing_id, position, name), update (name), delete on public.part to todo_user;

  create view public.calm_thing with (security_invoker) as
    select id, code, amount from public.thing where mood = 'calm';
  grant select on public.calm_thing to todo_user;
  create view public.keyed_thing with (security_invoker) as select id, seen_at, ratio from public.thing;
  comment on view public.keyed_thing is E'@primaryKey id';
  grant select on public.keyed_thing to todo_user;

  create function public.thing_label(thing public.thing, prefix text default 'p') returns text
    language sql stable begin atomic select prefix || thing.code || thing.id; end;
  comment on function public.thing_label is E'@behavior +orderBy';
  create function public.thing_parts_named(thing public.thing, name text) returns setof public.part
    language sql stable begin atomic
      select * from public.part p where p.thing_id = thing.id and p.name = thing_parts_named.name; end;
  create function public.things_over(lowest numeric, flag boolean default null) returns setof public.thing
    language sql stable begin atomic
      select * from public.thing t where t.amount >= lowest
        and (things_over.flag is null or t.flag = things_over.flag) order by t.id; end;
  create function public.best_thing(mood public.mood default null) returns public.thing
    language sql stable begin atomic
      select * from public.thing t where best_thing.mood is null or t.mood = best_thing.mood
        order by t.amount desc nulls last, t.id limit 1; end;
  create function public.add_up(a integer, b integer[] default '{}') returns bigint
    language sql stable begin atomic select a + coalesce(sum(n), 0) from unnest(b) n; end;
  create function public.rename_things(code text, at_most integer default 3) returns setof public.thing
    language sql volatile begin atomic
      update public.thing t set code = rename_things.code where t.id <= at_most returning *; end;
  create function public.refuse(why text) returns integer language plpgsql volatile set search_path = ''
    as $$ begin if why like 'r%' then raise exception 'no: %', why; end if; return pg_catalog.length(why); end $$;
  grant execute on all functions in schema public to todo_user;`;

/** Rows of one person. */
export const oddRows = (who: number): string => `
  insert into public.thing (big, amount, ratio, mood, numbers, spot, span, range, data, day, seen_at, code, flag, user_id)
    select 9007199254740993 + n, case when n % 3 > 0 then n / 4.0 end, case when n % 4 > 0 then n / 3.0 end,
      case n % 4 when 0 then 'calm'::public.mood when 1 then 'very_angry' when 2 then 'ok' end,
      case when n % 2 = 0 then array[n, null] end, case when n % 3 = 0 then row(n, n / 2.0)::public.spot end,
      case when n % 2 = 1 then tstzrange('2020-01-01Z', null) end, case when n % 3 = 1 then int4range(1, n) end,
      case when n % 2 = 0 then jsonb_build_object('b', n, 'a', jsonb_build_array(1, null, 'x')) end,
      '2020-01-01'::date + n, case when n % 2 = 0 then '2020-01-01Z'::timestamptz + n * interval '1 hour' end,
      'code ' || n % 3, n % 2 = 0, ${who}
    from generate_series(1, 9) as n;
  insert into public.part (thing_id, position, name, user_id)
    select id, n, case when n % 2 = 0 then 'even' end, ${who} from public.thing, generate_series(1, 3) as n
    where user_id = ${who};`;
