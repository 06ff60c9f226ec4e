/**
 * Filters and orders of columns that may be null, of computed columns, views and tables without an owner: random
 * rows, every order, pages in both directions, compared with the same in TypeScript.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { useTestDatabase } from '../../support/database.ts';
import { randomOf } from '../../support/random-operations.ts';
import { useTestServer } from '../../support/server.ts';
import { dataOf, errorOf } from '../../support/tasks.ts';

const database = useTestDatabase();
const WHO = 7501;
const OTHER = 7502;
const SEED = Number(process.env.FUZZ_SEED ?? 1);

const MOODS = ['low', 'High', 'mid'];
/** Few values, so that most rows are equal to another one. The order of each list is PostgreSQL's order. */
const VALUES = {
  due_on: ['2020-01-31', '2020-02-01', '2999-12-31'],
  opens: ['08:00:00', '23:59:59.5'],
  seen_at: ['2020-01-01T00:00:00.000001+00:00', '2020-01-01T00:00:00.000002+00:00'],
  rank: [-1, 0, 7],
  big: ['-9007199254740993', '9007199254740993', '9007199254740994'],
  amount: ['-0.5', '0.25', '10', 'NaN'],
  ratio: [-1.5, 0.1, 0.30000000000000004],
  mood: MOODS,
  flag: [false, true],
  mark: ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-00000000000f'],
  percent: [0, 100],
} as const;
type Column = keyof typeof VALUES;
const COLUMNS = Object.keys(VALUES) as Column[];
type Row = { readonly id: number } & Readonly<Record<Column, unknown>>;
let rows: Row[] = [];

beforeAll(async () => {
  const random = randomOf(SEED);
  await database.owner.query(`
    create type public.mood as enum ('low', 'High', 'mid');
    create domain public.percent as integer check (value between 0 and 100);
    create table public.item (
      id integer generated always as identity primary key,
      due_on date, opens time, seen_at timestamptz, rank integer, big bigint, amount numeric, ratio float8,
      mood public.mood, flag boolean, mark uuid, percent public.percent, place point, data json, label text,
      note varchar(20) not null default 'n', task_id integer references public.task (id),
      user_id integer not null default app_private.current_user_id()
        references public."user" (id) on delete cascade
    );
    create index on public.item (user_id, id);
    alter table public.item enable row level security, force row level security;
    create policy all_own on public.item using (user_id = (select app_private.current_user_id()));
    grant select on public.item to todo_user;

    create function public.item_half(item public.item) returns integer language sql stable
      begin atomic select item.rank / 2; end;
    comment on function public.item_half is E'@behavior +orderBy\\nHalf of the rank.';
    create view public.item_seen with (security_invoker) as
      select id, due_on, amount, mood from public.item where seen_at is not null;
    create view public.item_keyed with (security_invoker) as select id, due_on, rank from public.item;
    comment on view public.item_keyed is E'@primaryKey id\\nItems by day.';
    grant select on public.item_seen, public.item_keyed to todo_user;
    grant execute on all functions in schema public to todo_user;

    create table public.country (code text primary key, name text not null, size integer);
    alter table public.country enable row level security, force row level security;
    create policy select_all on public.country for select using (true);
    grant select on public.country to todo_user;`);
  await database.privileged.query(
    `insert into public."user" (id, email) values ($1, 'user${WHO}@example.com'), ($2, 'user${OTHER}@example.com')`,
    [WHO, OTHER],
  );
  const one = <T>(list: readonly T[]): T | null =>
    random() < 0.4 ? null : (list[Math.floor(random() * list.length)] ?? null);
  for (let i = 0; i < 26; i++) {
    const values = COLUMNS.map((column) => one<unknown>(VALUES[column]));
    await database.privileged.query(
      `insert into public.item (user_id, ${COLUMNS}) values ($1, ${COLUMNS.map((_, n) => `$${n + 2}`)})`,
      [i < 23 ? WHO : OTHER, ...values],
    );
  }
  await database.privileged.query(
    "insert into public.country values ('a', 'Austria', 2), ('b', 'Belize', null), ('c', 'chad', 3), ('d', 'Denmark', null)",
  );
  const stored = await database.privileged.query<{ row: Row }>(
    "select to_jsonb(i) || jsonb_build_object('big', i.big::text) as row from public.item as i where user_id = $1 order by id",
    [WHO],
  );
  rows = stored.rows.map(({ row }) => row);
});
const server = useTestServer(database);

const camel = (column: string) => column.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
const constant = (column: string) => column.toUpperCase();

/** Where a value is in PostgreSQL's order; null has no place. */
const rankOf = (column: Column, value: unknown): number | null =>
  value === null ? null : VALUES[column].map(String).indexOf(String(value));

interface Key {
  of(row: Row): number | null;
  readonly name: string;
}
const keyOf = (column: Column): Key => ({
  name: constant(column),
  of: (row) => rankOf(column, row[column]),
});
const HALF: Key = {
  name: 'HALF',
  of: ({ rank }) => (rank === null ? null : Math.trunc(Number(rank) / 2)),
};
const KEYS = [...COLUMNS.map(keyOf), HALF];

type By = { key: Key; desc: boolean };

/** Rows without a value last; equal rows by id in the direction of the first order. */
function inOrder(list: readonly Row[], by: readonly By[]): number[] {
  const compare = (a: Row, b: Row): number => {
    for (const { key, desc } of by) {
      const [x, y] = [key.of(a), key.of(b)];
      if (x === y) continue;
      if (x === null || y === null) return x === null ? 1 : -1;
      return desc ? y - x : x - y;
    }
    return by[0]?.desc ? b.id - a.id : a.id - b.id;
  };
  return [...list].sort(compare).map(({ id }) => id);
}

type Page = {
  edges: { cursor: string; node: { id: number } }[];
  pageInfo: Record<string, boolean>;
};

async function pagesOf(list: string, orderBy: string, size: number, backward: boolean) {
  const ids: number[] = [];
  const [end, from] = backward ? ['last', 'before'] : ['first', 'after'];
  const type = list.replace(/^./, (letter) => letter.toUpperCase()).replace(/s$/, '');
  // One document for all pages and orders: it is planned once.
  const query = `query ($by: [${type}OrderBy!], $size: Int, $cursor: Cursor) {
    ${list}(orderBy: $by, ${end}: $size, ${from}: $cursor) {
      edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage } } }`;
  const by = orderBy.slice(1, -1).split(',');
  for (let cursor: string | null = null; ; ) {
    const page: Page = dataOf(await server.ask(WHO, query, { by, size, cursor }))[list];
    const found = page.edges.map(({ node }) => node.id);
    if (backward) ids.unshift(...found);
    else ids.push(...found);
    if (!page.pageInfo[backward ? 'hasPreviousPage' : 'hasNextPage']) return ids;
    if (ids.length > 100) throw new Error('pages without an end');
    cursor = page.edges.at(backward ? 0 : -1)?.cursor ?? null;
  }
}

const nameOf = ({ key, desc }: By) => `${key.name}_${desc ? 'DESC' : 'ASC'}`;
async function expectPages(list: string, by: readonly By[], expected: number[], size: number) {
  const orderBy = `[${by.map(nameOf)}]`;
  for (const backward of [false, true])
    expect([orderBy, backward, await pagesOf(list, orderBy, size, backward)]).toEqual([
      orderBy,
      backward,
      expected,
    ]);
}

describe(`orders (FUZZ_SEED=${SEED})`, () => {
  test.each(KEYS.flatMap((key) => [false, true].map((desc) => ({ key, desc }))))(
    '$key.name, descending: $desc: every page in both directions, nulls last',
    async (by) => {
      expect(rows.some((row) => by.key.of(row) === null)).toBe(true);
      await expectPages('items', [by], inOrder(rows, [by]), 5);
    },
  );
  test('random combinations of orders', { timeout: 60_000 }, async () => {
    const random = randomOf(SEED + 1);
    const pick = (): By => ({
      key: KEYS[Math.floor(random() * KEYS.length)] as Key,
      desc: random() < 0.5,
    });
    for (let i = 0; i < 12; i++) {
      const by = Array.from({ length: 2 + Math.floor(random() * 2) }, pick);
      await expectPages('items', by, inOrder(rows, by), 1 + Math.floor(random() * 7));
    }
  });
  test('a column that has no order in SQL, or is only text, has none in the API', async () => {
    const { t } = dataOf(
      await server.ask(
        WHO,
        '{ t: __type(name: "ItemOrderBy") { enumValues { name description } } }',
      ),
    );
    const names = t.enumValues.map(({ name }: { name: string }) => name);
    expect(names).toContain('NOTE_ASC');
    expect(names.join()).not.toMatch(/PLACE|DATA|LABEL|USER_ID/);
    const due = t.enumValues.find(({ name }: { name: string }) => name === 'DUE_ON_DESC');
    expect(due.description).toBe('By dueOn, descending; rows without a value are last.');
  });
});

const CONDITION = `query ($c: ItemCondition!) {
  items(condition: $c, orderBy: ID_ASC, first: 100) { nodes { id } totalCount } }`;

async function found(condition: Record<string, unknown>): Promise<number[]> {
  const { items } = dataOf(await server.ask(WHO, CONDITION, { c: condition }));
  expect(items.totalCount).toBe(items.nodes.length);
  return items.nodes.map(({ id }: Row) => id);
}
const where = (holds: (row: Row) => boolean) => rows.filter(holds).map(({ id }) => id);
/** Of the API: a time loses its At. */
const stem = (column: Column) => camel(column).replace(/At$/, '');

const RANGED: Column[] = [
  'due_on',
  'opens',
  'seen_at',
  'rank',
  'big',
  'amount',
  'ratio',
  'percent',
];
const LISTED: Column[] = [
  'due_on',
  'opens',
  'rank',
  'big',
  'amount',
  'ratio',
  'mood',
  'mark',
  'percent',
];

describe('filters', () => {
  test.each(RANGED)(
    '%s: Since includes its value, Before does not; null is in neither',
    async (column) => {
      for (const [place, value] of VALUES[column].entries()) {
        const at = (row: Row) => rankOf(column, row[column]) ?? Number.NaN;
        expect(await found({ [`${stem(column)}Since`]: value })).toEqual(
          where((row) => at(row) >= place),
        );
        expect(await found({ [`${stem(column)}Before`]: value })).toEqual(
          where((row) => at(row) < place),
        );
      }
    },
  );
  test.each(LISTED)('%s: equal, In and Not; Not includes null', async (column) => {
    const [first, second] = VALUES[column];
    const is = (row: Row, value: unknown) => String(row[column]) === String(value);
    expect(await found({ [camel(column)]: first })).toEqual(where((row) => is(row, first)));
    expect(await found({ [`${stem(column)}In`]: [first, second] })).toEqual(
      where((row) => is(row, first) || is(row, second)),
    );
    expect(await found({ [`${stem(column)}In`]: [] })).toEqual([]);
    expect(await found({ [`${stem(column)}Not`]: first })).toEqual(where((row) => !is(row, first)));
  });
  test.each(COLUMNS)('%s: IsNull, true and false; null is no filter', async (column) => {
    expect(await found({ [`${stem(column)}IsNull`]: true })).toEqual(
      where((row) => row[column] === null),
    );
    expect(await found({ [`${stem(column)}IsNull`]: false })).toEqual(
      where((row) => row[column] !== null),
    );
    expect(await found({ [`${stem(column)}IsNull`]: null })).toHaveLength(rows.length);
  });
  test('filters are combined with AND', async () =>
    expect(
      await found({ dueOnIsNull: false, rankSince: 0, moodIn: ['High', 'mid'], amountNot: 'NaN' }),
    ).toEqual(
      where(
        (row) =>
          row.due_on !== null &&
          Number(row.rank ?? -1) >= 0 &&
          (row.mood === 'High' || row.mood === 'mid') &&
          row.amount !== 'NaN',
      ),
    ));
  test('only what makes sense for the type', async () => {
    const { t } = dataOf(
      await server.ask(WHO, '{ t: __type(name: "ItemCondition") { inputFields { name } } }'),
    );
    const names: string[] = t.inputFields.map(({ name }: { name: string }) => name);
    const of = (column: string) => names.filter((name) => name.startsWith(column)).sort();
    expect(of('place')).toEqual(['placeIsNull']);
    expect(of('data')).toEqual(['dataIsNull']);
    expect(of('label')).toEqual(['labelIsNull']);
    expect(of('note')).toEqual(['note', 'noteIn', 'noteNot']);
    expect(of('flag')).toEqual(['flag', 'flagIsNull']);
    expect(of('seen')).toEqual(['seenBefore', 'seenIsNull', 'seenSince']);
    expect(of('taskId')).toEqual(['taskId', 'taskIdIn', 'taskIdIsNull', 'taskIdNot']);
    expect(of('user').concat(of('id'))).toEqual([]);
  });
});

describe('a view', () => {
  test('without a key has filters and orders, and pages that skip nothing', async () => {
    const seen = rows.filter((row) => row.seen_at !== null);
    for (const column of ['due_on', 'amount', 'mood'] as const)
      for (const desc of [false, true]) {
        const orderBy = `[${constant(column)}_${desc ? 'DESC' : 'ASC'}]`;
        const whole = await pagesOf('itemSeens', orderBy, 100, false);
        expect(whole.toSorted((a, b) => a - b)).toEqual(seen.map(({ id }) => id));
        for (const backward of [false, true])
          expect(await pagesOf('itemSeens', orderBy, 3, backward)).toEqual(whole);
      }
    const { itemSeens } = dataOf(
      await server.ask(
        WHO,
        '{ itemSeens(condition: {dueOnIsNull: true, moodNot: low}) { nodes { id } } }',
      ),
    );
    expect(itemSeens.nodes.map(({ id }: Row) => id).sort()).toEqual(
      seen
        .filter((row) => row.due_on === null && row.mood !== 'low')
        .map(({ id }) => id)
        .sort(),
    );
  });
  test('with a key orders equal rows by the key', async () => {
    const by = { key: keyOf('due_on'), desc: true };
    await expectPages('itemKeyeds', [by], inOrder(rows, [by]), 3);
  });
});

test('lists are described as what they are', async () => {
  const { t } = dataOf(
    await server.ask(WHO, '{ t: __type(name: "Query") { fields { name description } } }'),
  );
  const of = (name: string) =>
    t.fields.find((field: { name: string }) => field.name === name).description;
  expect(['items', 'itemSeens', 'countries'].map(of)).toEqual([
    'Your items in pages, newest first by default.',
    'Item seens in pages, newest first by default.',
    'Countries in pages.',
  ]);
});

test('a table without an owner has filters and orders', async () => {
  const ask = async (args: string) => {
    const answer = await server.ask(WHO, `{ countries(${args}) { nodes { code } } }`);
    return dataOf(answer)
      .countries.nodes.map(({ code }: { code: string }) => code)
      .join('');
  };
  expect(await ask('orderBy: [SIZE_DESC]')).toBe('cadb');
  expect(await ask('orderBy: [SIZE_ASC], first: 3')).toBe('acb');
  expect(await ask('condition: {sizeSince: 3}')).toBe('c');
  expect(await ask('condition: {search: "CHAD"}')).toBe('c');
  expect(await ask('orderBy: [NAME_DESC], condition: {sizeIsNull: true}')).toBe('db');
});

test('a column whose filter has the name of another one is refused with a sentence', async () => {
  await database.owner.query('alter table public.country add column size_in text[]');
  await expect(server.reload()).rejects.toThrow(
    'Two columns of country would both have the filter sizeIn in the API.',
  );
  await database.owner.query('alter table public.country drop column size_in');
  await server.reload();
  expect(
    errorOf(await server.ask(WHO, '{ countries(condition: {sizeSince: "x"}) { totalCount } }'))[0],
  ).toBe('BAD_USER_INPUT');
});
