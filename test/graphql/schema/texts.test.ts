/**
 * Orders and search of every kind of text column, in a Turkish database. A column with a collation of its own keeps
 * it; all others are in the order of Unicode.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { useTestDatabase } from '../../support/database.ts';
import { LOCALES, useLocale } from '../../support/locales.ts';
import { useTestServer } from '../../support/server.ts';
import { dataOf } from '../../support/tasks.ts';

const database = useLocale(useTestDatabase(), LOCALES.Turkish ?? '');
const WHO = 7601;

const UNICODE = ['Äpfel', 'apple', 'ISTANBUL', 'ıslak', 'Ol', 'öl', 'Zebra'];
/** In Swedish, ä and ö are letters behind z. */
const SWEDISH = ['apple', 'ISTANBUL', 'ıslak', 'Ol', 'Zebra', 'Äpfel', 'öl'];
const BYTES = ['ISTANBUL', 'Ol', 'Zebra', 'apple', 'Äpfel', 'öl', 'ıslak'];

/** Column → its definition and its order. */
const COLUMNS: Readonly<Record<string, readonly [definition: string, titles: readonly string[]]>> =
  {
    plain: ['text not null', UNICODE],
    short: ['varchar(20) not null', UNICODE],
    fixed: ['char(8) not null', UNICODE],
    named: ['public.label not null', UNICODE],
    open: ['varchar(20)', UNICODE],
    swedish: ['text collate "sv-x-icu" not null', SWEDISH],
    bytes: ['text collate "C" not null', BYTES],
    folded: ['public.citext not null', UNICODE],
    blind: ['text collate app_private.blind not null', UNICODE],
  };
const names = Object.keys(COLUMNS);

beforeAll(async () => {
  await database.privileged.query('create extension citext with schema public');
  await database.owner.query(`
    create domain public.label as text check (value <> '');
    create collation app_private.blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    create table public.word (
      id integer generated always as identity primary key,
      ${names.map((name) => `${name} ${COLUMNS[name]?.[0]}`).join(', ')},
      user_id integer not null default app_private.current_user_id() references public."user" (id)
    );
    create index on public.word (user_id, id);
    alter table public.word enable row level security, force row level security;
    create policy select_own on public.word for select
      using (user_id = (select app_private.current_user_id()));
    grant select on public.word to todo_user;
    create function public.word_upper(word public.word) returns text language sql stable
      return upper(word.plain collate "und-x-icu");
    grant execute on function public.word_upper to todo_user;
    comment on function public.word_upper is E'@behavior +orderBy\\n@notNull\\nIn capitals.';`);
  await database.privileged.query(
    'insert into public."user" (id, email) values ($1, \'words@x.test\')',
    [WHO],
  );
  await database.privileged.query(
    `insert into public.word (${names.join(', ')}, user_id)
     select ${names.map(() => 't').join(', ')}, $2 from unnest($1::text[]) as t`,
    [['öl', 'Zebra', 'apple', 'ISTANBUL', 'Äpfel', 'Ol', 'ıslak'], WHO],
  );
});
const server = useTestServer(database);

/** All rows, in pages of two. */
async function pages(order: string): Promise<string[]> {
  const found: string[] = [];
  for (let cursor: string | null = null; ; ) {
    const query = `query ($cursor: Cursor) { words(orderBy: ${order}, first: 2, after: $cursor) {
      nodes { plain } pageInfo { endCursor hasNextPage } } }`;
    const { words } = dataOf(await server.ask(WHO, query, { cursor }));
    found.push(...words.nodes.map(({ plain }: { plain: string }) => plain));
    if (!words.pageInfo.hasNextPage) return found;
    cursor = words.pageInfo.endCursor;
  }
}

describe.each(names)('the column %s', (name) => {
  const expected = COLUMNS[name]?.[1] ?? [];
  test('is ordered in both directions, page by page', async () => {
    expect(await pages(`${name.toUpperCase()}_ASC`)).toEqual(expected);
    expect(await pages(`${name.toUpperCase()}_DESC`)).toEqual(expected.toReversed());
  });
});

test('so is a computed column', async () => {
  const capitals = ['Äpfel', 'apple', 'ıslak', 'ISTANBUL', 'Ol', 'öl', 'Zebra'];
  expect(await pages('UPPER_ASC')).toEqual(capitals);
});

test('a column is searched whatever its collation is', async () => {
  const search = '{ words(condition: { search: "istanbul" }) { nodes { plain } } }';
  expect(dataOf(await server.ask(WHO, search)).words.nodes).toEqual([{ plain: 'ISTANBUL' }]);
});
