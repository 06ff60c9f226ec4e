/** Values of every shape come out the same through both adaptors, at the top as further in. */
import { beforeAll, describe, expect, test } from 'vitest';
import { useTestDatabase } from '../../support/database.ts';
import { useTestServer } from '../../support/server.ts';
import { dataOf, errorOf } from '../../support/tasks.ts';

const database = useTestDatabase();
// As some hosts have it; the answers must not.
beforeAll(() =>
  database.privileged.query(
    `alter database ${database.name} set timezone = 'Asia/Kolkata';
     alter database ${database.name} set datestyle = 'SQL, DMY'`,
  ),
);
beforeAll(() =>
  database.owner.query(`
    create domain public.small as integer;
    create domain public.yes as boolean;
    create domain public.hour as timestamptz;
    create table public.thing (
      id integer generated always as identity primary key,
      at timestamptz, hour public.hour, times timestamptz[], span tstzrange,
      small public.small, numbers integer[], range int4range,
      yes public.yes, flags boolean[], big bigint, day date,
      user_id integer not null default app_private.current_user_id()
        references public."user" (id) on delete cascade
    );
    alter table public.thing enable row level security, force row level security;
    create index on public.thing (user_id, id);
    create policy select_own on public.thing for select
      using (user_id = (select app_private.current_user_id()));
    create policy insert_own on public.thing for insert
      with check (user_id = (select app_private.current_user_id()));
    grant select on public.thing to todo_user;
    grant insert (at, hour, times, span, small, numbers, range, yes, flags, big, day)
      on public.thing to todo_user;
    create function public.my_things() returns setof public.thing language sql stable
      begin atomic select * from public.thing order by id; end;
    grant execute on function public.my_things() to todo_user`),
);
const WHO = 121;
const AT = '2026-01-31T09:30:00.12Z';
const TEXT = '2026-01-31T09:30:00.12+00:00';
const FIELDS = `at hour times span { start { value } end { value } } small numbers
  range { start { value } end { value } } yes flags big day`;
const GIVEN = `{ at: "${AT}", hour: "${AT}", times: ["${AT}", null], small: 7, numbers: [1, null],
  span: { start: { value: "${AT}", inclusive: true } }, yes: false, flags: [true, false, null],
  range: { start: { value: 1, inclusive: true }, end: { value: 5, inclusive: false } },
  big: "9007199254740993", day: "2026-01-31" }`;
const EXPECTED = {
  at: TEXT,
  hour: TEXT,
  times: [TEXT, null],
  span: { start: { value: TEXT }, end: null },
  small: 7,
  numbers: [1, null],
  range: { start: { value: 1 }, end: { value: 5 } },
  yes: false,
  flags: [true, false, null],
  big: '9007199254740993',
  day: '2026-01-31',
};
const NOTHING = Object.fromEntries(Object.keys(EXPECTED).map((name) => [name, null]));

describe.each(['one-round-trip', 'stock'] as const)('%s', (adaptor) => {
  const server = useTestServer(database, { adaptor });

  test('of a created row, of a list, and of a list within a row', async () => {
    const create = (thing: string) =>
      server.ask(
        WHO,
        `mutation { createThing(input: { thing: ${thing} }) { thing { ${FIELDS} } } }`,
      );
    expect(dataOf(await create(GIVEN)).createThing.thing).toEqual(EXPECTED);
    expect(dataOf(await create('{}')).createThing.thing).toEqual(NOTHING);
    const query = `{ things(first: 2) { nodes { ${FIELDS} } } me { things(first: 2) { nodes { ${FIELDS} } } } }`;
    const { things, me } = dataOf(await server.ask(WHO, query));
    expect(things.nodes).toEqual([NOTHING, EXPECTED]);
    expect(me.things.nodes).toEqual(things.nodes);
  });

  test('of a function that returns a set, whose pages are bounded as well', async () => {
    const { myThings } = dataOf(
      await server.ask(WHO, '{ myThings(first: 1) { nodes { small } } }'),
    );
    expect(myThings.nodes).toEqual([{ small: 7 }]);
    const all = await server.ask(WHO, '{ myThings(first: 100000) { nodes { small } } }');
    expect(errorOf(all)[0]).toBe('BAD_USER_INPUT');
  });

  test('of a moment before there were zones, which can be sent back as it came', async () => {
    const create = (at: string) =>
      `mutation { createThing(input: { thing: { at: "${at}" } }) { thing { at } } }`;
    const { createThing } = dataOf(await server.ask(WHO, create('1900-01-01T00:00:00Z')));
    expect(createThing.thing.at).toBe('1900-01-01T00:00:00+00:00');
    const again = dataOf(await server.ask(WHO, create(createThing.thing.at)));
    expect(again).toEqual({ createThing });
  });

  test('a zone that there is not is bad input', async () => {
    const query =
      '{ tasks(condition: { createdSince: "2026-01-31T09:30:00+16:00" }) { totalCount } }';
    expect(errorOf(await server.ask(WHO, query))[0]).toBe('BAD_USER_INPUT');
  });
});
