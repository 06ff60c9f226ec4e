/** The matrix is not empty talk: with one policy, grant or function made wrong, it says so. */
import { describe, expect, test } from 'vitest';
import { useTestDatabase } from '../support/database.ts';
import { newUserId } from '../support/people.ts';
import { useTestServer } from '../support/server.ts';
import { BREAKS } from './breaks.ts';
import { useGraphqlMatrix } from './graphql-matrix.ts';
import { SHIPPED_ROWS } from './rows.ts';
import { useSqlMatrix } from './sql-matrix.ts';
import { waysOf } from './ways.ts';

const database = useTestDatabase();
const [victim, stranger] = [newUserId(), newUserId()];
const matrix = useSqlMatrix(database, victim, stranger, SHIPPED_ROWS);
const ways = waysOf(victim, stranger);
const task = SHIPPED_ROWS.tables.find(({ sql }) => sql === 'public.task');

async function wrongInSql(): Promise<string[]> {
  if (!task) throw new Error('the matrix has no tasks');
  const wrong: string[] = [];
  for (const name of [
    'the server, another person',
    'a login, another person with the owner’s claim',
  ]) {
    const way = ways[name];
    if (!way) throw new Error(`no way ${name}`);
    wrong.push(...(await matrix.reads(way, task)), ...(await matrix.writes(way, task)));
  }
  return wrong;
}

describe('in SQL', () => {
  test('the control: nothing is wrong', async () => expect(await wrongInSql()).toEqual([]));

  test.each(BREAKS)('$what', async ({ broken, mended }) => {
    await database.owner.query(broken);
    try {
      expect((await wrongInSql()).length).toBeGreaterThan(5);
    } finally {
      await database.owner.query(mended);
    }
  });
});

describe('over HTTP', () => {
  const other = useTestDatabase();
  const people = [newUserId(), newUserId()] as const;
  const http = useGraphqlMatrix(other, useTestServer(other), ...people, SHIPPED_ROWS);

  // What the operation is about, and what the matrix says of it. A foreign task's user cannot be read,
  // so such an answer is an error where it should have been an empty list.
  test.each([
    ['everybody’s tasks are read', /^tasks condition search: 200 .*"nodes",0,"user"/m],
    ['row level security is off', /^deleteTask input id: changed others’ rows$/m],
  ])('%s', async (name, expected) => {
    const { broken = '', mended = '' } = BREAKS.find(({ what }) => what === name) ?? {};
    await other.owner.query(broken);
    try {
      const names = ['tasks condition search', 'deleteTask input id'];
      expect((await http.as(people[1], names)).join('\n')).toMatch(expected);
    } finally {
      await other.owner.query(mended);
    }
  });
});
