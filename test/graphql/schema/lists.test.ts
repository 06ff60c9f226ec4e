/** Filters, orders and pages of a person's tasks. */
import { beforeAll, describe, expect, test } from 'vitest';
import { useTestDatabase } from '../../support/database.ts';
import { useTestServer } from '../../support/server.ts';
import { createTask, dataOf, errorOf, TASK, type Task, updateTask } from '../../support/tasks.ts';

const database = useTestDatabase();
const server = useTestServer(database);

async function titles(who: number, condition: object): Promise<string[]> {
  const query =
    'query ($c: TaskCondition) { tasks(condition: $c, orderBy: ID_ASC) { nodes { title } } }';
  const { tasks } = dataOf(await server.ask(who, query, { c: condition }));
  return tasks.nodes.map(({ title }: Task) => title);
}

describe('search', () => {
  const WHO = 11;
  beforeAll(async () => {
    await createTask(server, WHO, { title: 'Buy oat milk' });
    await createTask(server, WHO, { title: '100% sure', description: 'a_b and c\\d' });
    await createTask(server, WHO, { title: '1000 things', description: 'axb; ÄRGER mit Öl' });
    await createTask(server, 12, { title: 'milk of somebody else' });
  });
  const finds = async (text: string, expected: string[]) =>
    expect(await titles(WHO, { search: text })).toEqual(expected);

  test('finds a text in the title in any case', () => finds('OAT', ['Buy oat milk']));
  test('finds a text in the description', () => finds('and c', ['100% sure']));
  test('finds letters beyond ASCII in any case', () => finds('ärger MIT öl', ['1000 things']));
  test('takes a percent sign as a percent sign', () => finds('100%', ['100% sure']));
  test('takes an underscore as an underscore', () => finds('a_b', ['100% sure']));
  test('takes a backslash as a backslash', () => finds('c\\d', ['100% sure']));
  test('finds nothing of anybody else', () => finds('somebody', []));
  test('finds everything with an empty text', async () =>
    expect(await titles(WHO, { search: '' })).toHaveLength(3));
  test('refuses a NUL character as bad input', async () => {
    const answer = await server.ask(
      WHO,
      '{ tasks(condition: {search: "a\\u0000"}) { totalCount } }',
    );
    expect(errorOf(answer)).toEqual(['BAD_USER_INPUT', 'A value is not allowed.']);
  });
});

describe('filters', () => {
  const WHO = 13;
  let first: Task;
  let second: Task;
  let third: Task;
  beforeAll(async () => {
    first = await createTask(server, WHO, { title: 'first', completed: true });
    second = await createTask(server, WHO, { title: 'second' });
    third = await createTask(server, WHO, { title: 'third' });
    second = await updateTask(server, WHO, { id: second.id, patch: { description: 'x' } });
  });

  test('completed: only what is done, or only what is not', async () => {
    expect(await titles(WHO, { completed: true })).toEqual(['first']);
    expect(await titles(WHO, { completed: false })).toEqual(['second', 'third']);
  });
  test('a filter that is null is not set', async () =>
    expect(await titles(WHO, { completed: null, search: null, createdSince: null })).toHaveLength(
      3,
    ));
  test('createdSince includes its moment, createdBefore does not', async () => {
    const { createdAt } = second;
    expect(await titles(WHO, { createdSince: createdAt })).toEqual(['second', 'third']);
    expect(await titles(WHO, { createdBefore: createdAt })).toEqual(['first']);
    const between = { createdSince: first.createdAt, createdBefore: third.createdAt };
    expect(await titles(WHO, between)).toEqual(['first', 'second']);
  });
  test('updatedSince and updatedBefore find only what has changed', async () => {
    const { updatedAt } = second;
    expect(await titles(WHO, { updatedSince: updatedAt })).toEqual(['second']);
    expect(await titles(WHO, { updatedBefore: updatedAt })).toEqual([]);
    expect(await titles(WHO, { updatedBefore: '2999-01-01T00:00:00Z' })).toEqual(['second']);
  });
  test('all that is set must hold', async () => {
    expect(
      await titles(WHO, { completed: false, search: 'T', updatedSince: first.createdAt }),
    ).toEqual([]);
    expect(await titles(WHO, { completed: false, search: 'H' })).toEqual(['third']);
  });
  test('the same holds under me', async () => {
    const query = '{ me { tasks(condition: {completed: true}) { totalCount nodes { title } } } }';
    const { me } = dataOf(await server.ask(WHO, query));
    expect(me.tasks).toEqual({ totalCount: 1, nodes: [{ title: 'first' }] });
  });
  test.each([
    'yesterday',
    'now',
    'infinity',
    '2026-01-31',
    '2026-01-31T09:30:00',
    '',
    '2026-01-31T09:30:00.1234567Z',
  ])('a time must be a moment as RFC 3339 has it: %j is not', async (time) => {
    const query = 'query ($t: Datetime) { tasks(condition: {createdSince: $t}) { totalCount } }';
    const answer = await server.ask(WHO, query, { t: time });
    expect(answer.status).toBe(400);
    expect(errorOf(answer)[0]).toBe('BAD_USER_INPUT');
  });
  test('a day that no calendar has is bad input', async () => {
    const query = '{ tasks(condition: {createdSince: "2026-02-30T00:00:00Z"}) { totalCount } }';
    expect(errorOf(await server.ask(WHO, query))[0]).toBe('BAD_USER_INPUT');
  });
});

const ORDERS = ['ID', 'CREATED_AT', 'UPDATED_AT', 'TITLE', 'COMPLETED'].flatMap((column) => [
  `${column}_ASC`,
  `${column}_DESC`,
]);

type Edge = { cursor: string; node: Task };

/** What an order means, told apart from SQL: the column, null first, then id, in one direction. */
function inOrder(tasks: readonly Task[], order: string): number[] {
  const [, column = '', direction] = /^(.*)_(ASC|DESC)$/.exec(order) ?? [];
  const field = column.toLowerCase().replace(/_a/, 'A') as keyof Task;
  const key = ({ [field]: value, id }: Task) => [value === null ? '' : String(value), id] as const;
  const sorted = [...tasks].sort((a, b) => {
    const [left, right] = [key(a), key(b)];
    return field === 'id' || left[0] === right[0]
      ? left[1] - right[1]
      : left[0] < right[0]
        ? -1
        : 1;
  });
  return (direction === 'DESC' ? sorted.reverse() : sorted).map(({ id }) => id);
}

describe.each(ORDERS)('order %s', (order) => {
  const WHO = 1000 + ORDERS.indexOf(order);
  const all: Task[] = [];
  beforeAll(async () => {
    // Titles and states repeat, and half of the tasks were never updated: ties everywhere.
    const query = `mutation { ${Array.from({ length: 9 }, (_, i) => `t${i}: createTask(input: { task: { title: "${'abc'[i % 3]}", completed: ${i % 2 === 0} } }) { task { ${TASK} } }`).join('\n')} }`;
    const made: Task[] = Object.values(dataOf(await server.ask(WHO, query))).map(
      (payload) => (payload as { task: Task }).task,
    );
    for (const [i, task] of made.entries()) {
      all.push(
        i % 2 ? task : await updateTask(server, WHO, { id: task.id, patch: { description: 'x' } }),
      );
    }
  });

  const page = async (
    args: string,
  ): Promise<{ edges: Edge[]; pageInfo: Record<string, unknown> }> => {
    const query = `{ tasks(orderBy: ${order}, ${args}) { edges { cursor node { ${TASK} } }
      pageInfo { hasNextPage hasPreviousPage } } }`;
    return dataOf(await server.ask(WHO, query)).tasks;
  };
  const ids = (edges: readonly Edge[]) => edges.map(({ node }) => node.id);

  test('forward pages hold every row once, in order', async () => {
    const seen: number[] = [];
    for (let args = 'first: 2'; ; ) {
      const { edges, pageInfo } = await page(args);
      seen.push(...ids(edges));
      if (!pageInfo.hasNextPage) break;
      args = `first: 2, after: "${edges.at(-1)?.cursor}"`;
    }
    expect(seen).toEqual(inOrder(all, order));
  });

  test('backward pages hold every row once, in order', async () => {
    const seen: number[] = [];
    for (let args = 'last: 2'; ; ) {
      const { edges, pageInfo } = await page(args);
      seen.unshift(...ids(edges));
      if (!pageInfo.hasPreviousPage) break;
      args = `last: 2, before: "${edges[0]?.cursor}"`;
    }
    expect(seen).toEqual(inOrder(all, order));
  });

  test('rows that come and go between pages move none of the others', async () => {
    const stay = inOrder(all, order);
    const { edges } = await page('first: 3');
    const extra = await createTask(server, WHO, { title: 'b' });
    // The row that the cursor was made from goes as well.
    const gone = edges[2]?.node;
    await server.ask(WHO, `mutation { deleteTask(input: {id: ${gone?.id}}) { task { id } } }`);
    const rest = await page(`first: 50, after: "${edges[2]?.cursor}"`);
    const expected = stay.slice(3);
    expect(ids(rest.edges).filter((id) => id !== extra.id)).toEqual(expected);
  });
});

describe.each([
  '[COMPLETED_ASC, CREATED_AT_DESC]',
  '[UPDATED_AT_DESC, TITLE_ASC]',
  '[TITLE_ASC, UPDATED_AT_DESC, ID_DESC]',
])('several orders in different directions: %s', (orders) => {
  const WHO = 1020;
  beforeAll(async () => {
    for (const title of ['a', 'b', 'a', 'b', 'a']) {
      const { id } = await createTask(server, WHO, { title, completed: title === 'b' });
      if (id % 2) await updateTask(server, WHO, { id, patch: { description: 'x' } });
    }
  });
  const page = async (args: string) => {
    const query = `{ tasks(orderBy: ${orders}, ${args}) { edges { cursor node { id } }
      pageInfo { hasNextPage hasPreviousPage } } }`;
    return dataOf(await server.ask(WHO, query)).tasks;
  };
  const ids = (edges: readonly Edge[]) => edges.map(({ node }) => node.id);

  test('pages in both directions hold what one page holds', async () => {
    const all = ids((await page('first: 200')).edges);
    const forward: number[] = [];
    for (let args = 'first: 2'; ; ) {
      const { edges, pageInfo } = await page(args);
      forward.push(...ids(edges));
      if (!pageInfo.hasNextPage) break;
      args = `first: 2, after: "${edges.at(-1)?.cursor}"`;
    }
    expect(forward).toEqual(all);
    const backward: number[] = [];
    for (let args = 'last: 2'; ; ) {
      const { edges, pageInfo } = await page(args);
      backward.unshift(...ids(edges));
      if (!pageInfo.hasPreviousPage) break;
      args = `last: 2, before: "${edges[0]?.cursor}"`;
    }
    expect(backward).toEqual(all);
  });
});

describe('pages', () => {
  const WHO = 14;
  beforeAll(async () => {
    const query = `mutation { ${Array.from({ length: 15 }, (_, i) => `t${i}: createTask(input: { task: { title: "${i}" } }) { task { id } }`).join('\n')} }`;
    dataOf(await server.ask(WHO, query));
    dataOf(await server.ask(WHO, query));
  });
  const count = async (args: string) =>
    dataOf(await server.ask(WHO, `{ tasks${args} { totalCount nodes { id } } }`)).tasks;

  test('a page nobody sized has 20 rows, newest first, and totalCount counts all', async () => {
    const { totalCount, nodes } = await count('');
    expect([totalCount, nodes.length]).toEqual([30, 20]);
    const ids = nodes.map(({ id }: Task) => id);
    expect(ids).toEqual(ids.toSorted((a: number, b: number) => b - a));
  });
  test('totalCount counts what the condition leaves', async () =>
    expect((await count('(condition: {search: "14"})')).totalCount).toBe(2));
  test('first and last take what they say', async () => {
    expect((await count('(first: 3)')).nodes).toHaveLength(3);
    expect((await count('(last: 3)')).nodes).toHaveLength(3);
    expect((await count('(first: 0)')).nodes).toEqual([]);
  });
  test.each(['first: 201', 'last: 201', 'first: -1', 'last: -1'])(
    'a page size out of bounds is bad input: %s',
    async (args) =>
      expect(errorOf(await server.ask(WHO, `{ tasks(${args}) { nodes { id } } }`))).toEqual([
        'BAD_USER_INPUT',
        `${args.split(':')[0]} must be from 0 to 200.`,
      ]),
  );
  test.each([
    ['no cursor at all', 'garbage'],
    ['the wrong shape', btoa('[1]')],
    ['another order', btoa('["0000000000", 1]')],
  ])('a cursor of %s is bad input', async (_what, cursor) => {
    const answer = await server.ask(WHO, `{ tasks(after: "${cursor}") { nodes { id } } }`);
    expect(errorOf(answer)[0]).toBe('BAD_USER_INPUT');
  });
  test('a cursor with a value of another type is bad input', async () => {
    const { tasks } = dataOf(await server.ask(WHO, '{ tasks(first: 1) { edges { cursor } } }'));
    const [digest] = JSON.parse(atob(tasks.edges[0].cursor));
    const forged = btoa(JSON.stringify([digest, "1' or true --"]));
    const answer = await server.ask(WHO, `{ tasks(after: "${forged}") { nodes { id } } }`);
    expect(errorOf(answer)).toEqual(['BAD_USER_INPUT', 'A value is not allowed.']);
  });
});
