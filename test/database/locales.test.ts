/**
 * Whole lists on databases of different locales: order, search, what is blank and which addresses are the same. The
 * expected lists are written here, so that a fault of all databases is found too. TEST_POSTGRES=<directory> runs the
 * file on PostgreSQL 16 and 17.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { examineHere } from '../../src/doctor/doctor.ts';
import { dumpSchema } from '../../src/migrate/dump.ts';
import { type TestDatabase, useTestDatabase } from '../support/database.ts';
import { LOCALES, useLocale } from '../support/locales.ts';
import { useTestServer } from '../support/server.ts';
import { createTask, dataOf, errorOf } from '../support/tasks.ts';

const base = useTestDatabase();
const WHO = 71;

const composed = (text: string) => text.normalize('NFC');
const decomposed = (text: string) => text.normalize('NFD');

/** In the expected order. Of two encodings of one text, the one with the smaller bytes is first. */
const TITLES = [
  ...['_later', '!now', '🍎', '10 eggs', '10 km', '10\u00a0km', '9 lives', 'apfel', 'Apfel'],
  ...[decomposed('Äpfel'), composed('Äpfel'), 'Apfelsaft', 'apple', 'cafe', decomposed('café')],
  ...[composed('café'), composed('CAFÉ'), 'fish', '\ufb01sh', 'istanbul', 'ISTANBUL'],
  ...[decomposed('İstanbul'), composed('İstanbul'), 'ıstanbul', '\uff4dilk', 'Milk', 'Ol'],
  ...[composed('öl'), 'strasse', 'Straße', 'STRA\u1e9eE', 'Zebra', 'zoo', 'οδοσ', 'οδος', 'ΟΔΟΣ'],
  ...[composed('Οδός'), 'вода', 'ВОДА', composed('ёлка'), 'ель', 'жук', '日本'],
];

const found = (text: string) => TITLES.filter((title) => composed(title) === composed(text));
const APFEL = found('Äpfel');
const CAFE = [...found('café'), composed('CAFÉ')];
const ISTANBUL = ['istanbul', 'ISTANBUL', ...found('İstanbul'), 'ıstanbul'];

const SEARCHES: readonly (readonly [text: string, titles: readonly string[]])[] = [
  [composed('ÄPFEL'), APFEL],
  [decomposed('äpfel'), APFEL],
  ['pfel', ['apfel', 'Apfel', ...APFEL, 'Apfelsaft']],
  [composed('É'), CAFE],
  ['CAFE', ['cafe']],
  ...['istanbul', 'ISTANBUL', 'ıSTANBUL', composed('İSTANBUL'), 'i\u0307stanbul'].map(
    (text) => [text, ISTANBUL] as const,
  ),
  ...['strasse', 'STRASSE', 'straße', 'STRA\u1e9eE'].map(
    (text) => [text, ['strasse', 'Straße', 'STRA\u1e9eE']] as const,
  ),
  ...['οδος', 'οδοσ', 'ΟΔΟΣ'].map((text) => [text, ['οδοσ', 'οδος', 'ΟΔΟΣ']] as const),
  ['ΌΣ', [composed('Οδός')]],
  ['ВодА', ['вода', 'ВОДА']],
  ['0 KM', ['10 km', '10\u00a0km']],
  ['MILK', ['\uff4dilk', 'Milk']],
  ['FI', ['fish', '\ufb01sh']],
  ['本', ['日本']],
  ['_', ['_later']],
  ['', TITLES],
];

/** The property White_Space of Unicode, and the characters without width. */
const BLANK = [
  ...'\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a',
  ...'\u200b\u200c\u200d\u2028\u2029\u202f\u205f\u2060\u3000\ufeff',
];

describe.each(Object.entries(LOCALES))('a database with the locale %s', (_locale, clause) => {
  const database = useLocale(base, clause);
  const server = useTestServer(database);

  beforeAll(async () => {
    dataOf(await server.ask(WHO, '{ me { id } }'));
    // Neither the order of the list nor its reverse, so that ids order nothing.
    const mixed = TITLES.toSorted((a, b) => encodeURI(a).length - encodeURI(b).length);
    await database.privileged.query(
      'insert into public.task (title, user_id) select t, $2 from unnest($1::text[]) as t',
      [mixed, WHO],
    );
  });

  /** All pages of an order, forward or backward. */
  async function pages(order: string, forward: boolean): Promise<string[]> {
    const titles: string[] = [];
    for (let cursor: string | null = null; ; ) {
      const args = forward ? 'first: 4, after: $cursor' : 'last: 4, before: $cursor';
      const { tasks } = dataOf(
        await server.ask(
          WHO,
          `query ($cursor: Cursor) { tasks(orderBy: ${order}, ${args}) { nodes { title }
            pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } }`,
          { cursor },
        ),
      );
      const page = tasks.nodes.map(({ title }: { title: string }) => title);
      if (forward) titles.push(...page);
      else titles.unshift(...page);
      const { pageInfo } = tasks;
      if (!(forward ? pageInfo.hasNextPage : pageInfo.hasPreviousPage)) return titles;
      cursor = forward ? pageInfo.endCursor : pageInfo.startCursor;
    }
  }

  test.each([true, false])('orders titles, page by page (forward: %s)', async (forward) => {
    expect(await pages('TITLE_ASC', forward)).toEqual(TITLES);
    expect(await pages('TITLE_DESC', forward)).toEqual(TITLES.toReversed());
  });

  test.each(SEARCHES)('the search %j', async (text, titles) => {
    const query = `query ($text: String) {
      tasks(condition: { search: $text }, orderBy: TITLE_ASC, first: 200) { nodes { title } } }`;
    const { tasks } = dataOf(await server.ask(WHO, query, { text }));
    expect(tasks.nodes.map(({ title }: { title: string }) => title)).toEqual(titles);
  });

  test('a blank title is refused, whatever it consists of', async () => {
    const query =
      'mutation ($title: String!) { createTask(input: { task: { title: $title } }) { task { id } } }';
    for (const title of [...BLANK, BLANK.join('')])
      expect([title, ...errorOf(await server.ask(WHO + 1, query, { title }))]).toEqual([
        title,
        'BAD_USER_INPUT',
        'title must not be blank.',
      ]);
    const title = `${BLANK.join('')}.`;
    expect(await createTask(server, WHO + 1, { title })).toMatchObject({ title });
  });

  test('addresses that differ in case are found together', async () => {
    const addresses = ['ΚΏΣΤΑΣ@x.test', 'κώστας@x.test', 'ÖL@x.test', 'öl@x.test'];
    await database.privileged.query(
      'insert into public."user" (id, email) select 100 + n, e from unnest($1::text[]) with ordinality as a (e, n)',
      [addresses],
    );
    const found: number[][] = [];
    for (const address of addresses) {
      const { rows } = await database.owner.query(
        'select array_agg(id order by id) as ids from app_private.users_by_email($1) as id',
        [decomposed(address)],
      );
      found.push(rows[0].ids);
    }
    expect(found).toEqual([
      [101, 102],
      [101, 102],
      [103, 104],
      [103, 104],
    ]);
  });

  test('the doctor finds the same, and the schema is the same as elsewhere', async () => {
    // In Turkish, lower('INSERT') is another word.
    const broken = async ({ owner }: TestDatabase) => {
      await owner.query('begin; grant insert, trigger on public.task to todo_user');
      const findings = await examineHere(owner);
      await owner.query('rollback');
      return findings.filter(({ code }) => code !== 'LARGE_OBJECTS');
    };
    expect(await broken(database)).toEqual(await broken(base));
    expect(await broken(base)).toContainEqual(expect.objectContaining({ code: 'GRANT_BY_TABLE' }));
    expect(await dumpSchema(database.owner)).toBe(await dumpSchema(base.owner));
  });
});
