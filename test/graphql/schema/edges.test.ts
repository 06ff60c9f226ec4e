/** Pages at their edges: both flags of pageInfo by the algorithm of Relay, and the order without an order. */
import { beforeAll, describe, expect, test } from 'vitest';
import { useTestDatabase } from '../../support/database.ts';
import { addTask, addUser } from '../../support/people.ts';
import { type TestServer, useTestServer } from '../../support/server.ts';
import { dataOf } from '../../support/tasks.ts';

const database = useTestDatabase();
const compiled = useTestServer(database);
const grafast = useTestServer(database, { executor: 'grafast' });

const WHO = 401;
const ids: number[] = [];
beforeAll(async () => {
  await addUser(database.privileged, WHO);
  for (let i = 0; i < 6; i++) ids.unshift(await addTask(database.privileged, WHO, `t${i}`));
});

interface Page {
  readonly nodes: readonly { readonly id: number }[];
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: number } }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
  readonly totalCount: number;
}
const PAGE = `nodes { id } edges { cursor node { id } } totalCount
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor }`;

describe.each([
  ['compiled', () => compiled],
  ['grafast', () => grafast],
])('%s', (_name, server: () => TestServer) => {
  /** As a root field and inside `me`, with literals and with variables. */
  const ask = async (first: number | null, last: number | null): Promise<Page[]> => {
    const args = Object.entries({ first, last }).filter(([, size]) => size !== null);
    const written = args.length > 0 ? `(${args.map(([k, v]) => `${k}: ${v}`).join(', ')})` : '';
    const root = dataOf(await server().ask(WHO, `{ tasks${written} { ${PAGE} } }`)).tasks;
    const nested = dataOf(await server().ask(WHO, `{ me { tasks${written} { ${PAGE} } } }`));
    const query = `query ($first: Int, $last: Int) { tasks(first: $first, last: $last) { ${PAGE} } }`;
    const varied = dataOf(await server().ask(WHO, query, { first, last })).tasks;
    return [root, nested.me.tasks, varied];
  };

  /** Rows by their place in the list, newest first; then hasPreviousPage, hasNextPage. */
  test.each<[number | null, number | null, number[], boolean, boolean]>([
    [null, null, [0, 1, 2, 3, 4, 5], false, false],
    [3, null, [0, 1, 2], false, true],
    [6, null, [0, 1, 2, 3, 4, 5], false, false],
    [9, null, [0, 1, 2, 3, 4, 5], false, false],
    [0, null, [], false, true],
    [null, 2, [4, 5], true, false],
    [null, 6, [0, 1, 2, 3, 4, 5], false, false],
    [null, 0, [], true, false],
    [3, 2, [1, 2], true, true],
    [3, 3, [0, 1, 2], false, true],
    [2, 5, [0, 1], false, true],
    [6, 2, [4, 5], true, false],
    [9, 2, [4, 5], true, false],
    [9, 9, [0, 1, 2, 3, 4, 5], false, false],
    [3, 0, [], true, true],
    [0, 3, [], false, true],
    [0, 0, [], false, true],
  ])('first %s, last %s', async (first, last, places, previous, next) => {
    const expected = places.map((place) => ids[place]);
    for (const page of await ask(first, last)) {
      expect(page.nodes.map(({ id }) => id)).toEqual(expected);
      expect(page.edges.map(({ node }) => node.id)).toEqual(expected);
      expect(page.pageInfo).toEqual({
        hasPreviousPage: previous,
        hasNextPage: next,
        startCursor: page.edges[0]?.cursor ?? null,
        endCursor: page.edges.at(-1)?.cursor ?? null,
      });
      expect(page.totalCount).toBe(6);
    }
  });

  test('both flags are no on an empty list', async () => {
    const empty = { condition: { search: 'nothing has this' } };
    const query = `query ($condition: TaskCondition) {
      a: tasks(first: 0, condition: $condition) { ${PAGE} }
      b: tasks(last: 0, condition: $condition) { ${PAGE} }
      c: tasks(first: 2, last: 1, condition: $condition) { ${PAGE} } }`;
    const { a, b, c } = dataOf(await server().ask(WHO, query, empty));
    for (const { pageInfo } of [a, b, c]) {
      expect(pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: false });
    }
  });

  test.each([{ order: null }, { order: [] }, {}])('%j is newest first', async (variables) => {
    const query = 'query ($order: [TaskOrderBy!]) { tasks(orderBy: $order) { nodes { id } } }';
    const { nodes } = dataOf(await server().ask(WHO, query, variables)).tasks;
    expect(nodes.map(({ id }: { id: number }) => id)).toEqual(ids);
  });

  test.each(['', '(orderBy: null)', '(orderBy: [])', '(orderBy: ID_DESC)'])(
    'tasks%s is newest first',
    async (args) => {
      const query = `{ tasks${args} { nodes { id } } me { tasks${args} { nodes { id } } } }`;
      const { tasks, me } = dataOf(await server().ask(WHO, query));
      for (const { nodes } of [tasks, me.tasks]) {
        expect(nodes.map(({ id }: { id: number }) => id)).toEqual(ids);
      }
    },
  );

  test('a cursor of one spelling of the default order is good for the others', async () => {
    const page = (args: string) => `{ tasks(${args}) { nodes { id } pageInfo { endCursor } } }`;
    const { tasks } = dataOf(await server().ask(WHO, page('first: 2')));
    for (const order of ['orderBy: null', 'orderBy: []', 'orderBy: ID_DESC']) {
      const after = JSON.stringify(tasks.pageInfo.endCursor);
      const next = dataOf(await server().ask(WHO, page(`first: 2, after: ${after}, ${order}`)));
      expect(next.tasks.nodes).toEqual([{ id: ids[2] }, { id: ids[3] }]);
    }
  });
});
