/** A compiled query gives the same answer as grafast, to the byte, and sends the same statements. */
import { beforeAll, expect, test } from 'vitest';
import { useTestDatabase } from '../../support/database.ts';
import { type Told, useExecutor } from '../../support/executors.ts';
import { useTestServer } from '../../support/server.ts';
import { createTask, dataOf, type Task } from '../../support/tasks.ts';

const database = useTestDatabase();
const compiled = useExecutor(database, 'compiled', { maxPageSize: 50 });
const grafast = useExecutor(database, 'grafast', { maxPageSize: 50 });

const narrow = useTestServer(database, { maxPageSize: 50, poolSize: 1 });

const WHO = 41;
const OTHER = 42;
const tasks: Task[] = [];

beforeAll(async () => {
  for (let i = 0; i < 12; i++) {
    const task = { title: `task ${i % 4}`, completed: i % 3 === 0 };
    tasks.push(await createTask(grafast.server, WHO, task));
  }
  await createTask(grafast.server, OTHER, { title: 'of somebody else', description: 'x' });
});

/** Three times: the second request makes the template, the third uses it. */
async function same(query: string, variables?: object, who = WHO): Promise<Told> {
  const expected = await grafast.tell(who, query, variables);
  expect(expected.status).toBe(200);
  for (let i = 0; i < 3; i++) {
    expect(await compiled.tell(who, query, variables)).toEqual(expected);
  }
  return expected;
}

const FIELDS = '__typename id title description completed createdAt updatedAt';
const PAGE = 'pageInfo { hasNextPage hasPreviousPage startCursor endCursor }';

test.each([
  `{ tasks { nodes { ${FIELDS} } } }`,
  `{ tasks(first: 5) { __typename totalCount ${PAGE} edges { cursor node { id } } nodes { title } } }`,
  `{ tasks(first: 0) { nodes { id } ${PAGE} } }`,
  `{ tasks(last: 3) { nodes { id } ${PAGE} } }`,
  '{ tasks(orderBy: [TITLE_ASC, ID_DESC], condition: { completed: false }) { nodes { title id } } }',
  '{ tasks(orderBy: UPDATED_AT_DESC) { edges { cursor } nodes { id } } }',
  '{ tasks { totalCount } }',
  '{ tasks { __typename } }',
  `{ me { id email tasks(first: 2) { totalCount nodes { ${FIELDS} user { email } } ${PAGE} } } }`,
  '{ a: tasks(first: 1) { nodes { id } } b: tasks(first: 2) { nodes { id: title, x: id } } }',
  '{ tasks(first: 3) { nodes { user { id tasks(first: 2) { nodes { id user { email } } } } } } }',
  'fragment F on Task { id ...G } fragment G on Task { title } { tasks { nodes { ...F ...G } } }',
  '{ __typename me { __typename } }',
  '{ me { ... on User { id } id email } }',
])('%s', async (query) => {
  await same(query);
});

test('each value of a variable, and its absence, has its own answer', async () => {
  const query =
    'query ($n: Int, $c: Boolean) { tasks(first: $n, condition: { completed: $c }) { nodes { id } } }';
  const bodies = [];
  for (const n of [1, 2, 1, 3, null]) {
    for (const c of [true, false, undefined, null]) bodies.push((await same(query, { n, c })).body);
  }
  expect(new Set(bodies).size).toBeGreaterThan(8);
});

test('an order that is a variable, given, empty, null and absent', async () => {
  const query = 'query ($by: [TaskOrderBy!]) { tasks(first: 4, orderBy: $by) { nodes { id } } }';
  for (const by of [['TITLE_ASC', 'ID_ASC'], [], null, undefined, ['ID_ASC'], undefined]) {
    await same(query, { by });
  }
});

test('one document serves every id, and nobody else’s', async () => {
  const query = `query ($id: Int!) { task(id: $id) { ${FIELDS} user { email } } }`;
  for (const { id } of tasks) {
    const { body } = await same(query, { id });
    expect(JSON.parse(body).data.task.id).toBe(id);
  }
  const { body } = await same(query, { id: tasks[0]?.id }, OTHER);
  expect(body).toBe('{"data":{"task":null}}');
});

test('a list read to its end by cursors, in both directions and several orders', async () => {
  for (const order of [
    'ID_ASC',
    'TITLE_DESC',
    '[COMPLETED_ASC, UPDATED_AT_DESC]',
    'CREATED_AT_ASC',
  ]) {
    for (const [size, place, info] of [
      ['first', 'after', 'endCursor'],
      ['last', 'before', 'startCursor'],
    ]) {
      const query = `query ($at: Cursor) { tasks(${size}: 5, ${place}: $at, orderBy: ${order}) { nodes { id } ${PAGE} } }`;
      const seen: number[] = [];
      let at: string | null = null;
      for (let pages = 0; pages < 3; pages++) {
        const { data } = JSON.parse((await same(query, { at })).body);
        seen.push(...data.tasks.nodes.map((node: Task) => node.id));
        at = data.tasks.pageInfo[`${info}`];
      }
      expect(seen).toHaveLength(12);
      expect(new Set(seen).size).toBe(12);
    }
  }
});

test('a cursor of another list gives the same error, also beside a valid one', async () => {
  const query =
    'query ($at: Cursor) { tasks(first: 2, after: $at) { nodes { id } pageInfo { endCursor } } }';
  const { data } = JSON.parse((await same(query)).body);
  const good = data.tasks.pageInfo.endCursor;
  await same(query, { at: good });
  const parts = JSON.parse(Buffer.from(good, 'base64').toString());
  const forged = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');
  for (const value of [
    [parts[0]],
    [...parts, 1],
    [parts[0], 'x'],
    [parts[0], null],
    [parts[0], { a: 1 }],
    ['other', 1],
    ['natural', 1],
    { digest: 1 },
    null,
  ]) {
    await same(query, { at: forged(value) });
  }
  await same(query, { at: 'nonsense' });
  await same(query, { at: good });
});

test('a read that one operation contains twice is sent once', async () => {
  const query =
    'query ($a: Int!, $b: Int!) { a: task(id: $a) { title } b: task(id: $b) { title } }';
  const [a, b] = [tasks[0]?.id, tasks[1]?.id];
  expect((await same(query, { a, b })).statements).toHaveLength(2);
  expect((await same(query, { a, b: a })).statements).toHaveLength(1);
});

test('one connection for everybody: no statement has the answer of another, also beside an error', async () => {
  const query = `query ($x: Int!, $y: Int!, $bad: Cursor) {
    e: task(id: $x) { user { tasks(first: 1, after: $bad) { nodes { id } } } }
    a: task(id: $x) { title description }
    b: task(id: $x) { title description }
    d: task(id: $y) { description title }
    c: me { email }
  }`;
  const [x, y] = [tasks[0]?.id, tasks[1]?.id];
  const expected = await grafast.tell(WHO, query, { x, y });
  const bad = Buffer.from('["x",1]').toString('base64');
  const failed = await grafast.tell(WHO, query, { x, y, bad });
  for (let i = 0; i < 4; i++) {
    expect((await narrow.ask(WHO, query, { x, y })).body).toEqual(JSON.parse(expected.body));
    expect((await narrow.ask(WHO, query, { x, y, bad })).body).toEqual(JSON.parse(failed.body));
  }
});

test('a skipped field sends no statement', async () => {
  const query =
    'query ($yes: Boolean!) { tasks(first: 2) { nodes { id title @include(if: $yes) } totalCount @skip(if: $yes) } }';
  await same(query, { yes: true });
  await same(query, { yes: false });
  await same(query, { yes: true });
});

test('two people ask the same at the same time and read their own rows', async () => {
  const query = '{ me { id } tasks(first: 50) { nodes { id user { id } } } }';
  const answers = await Promise.all(
    Array.from({ length: 60 }, async (_, i) => {
      const who = i % 2 ? WHO : OTHER;
      return [who, dataOf(await compiled.server.ask(who, query))] as const;
    }),
  );
  for (const [who, { me, tasks: page }] of answers) {
    expect(me.id).toBe(who);
    expect(page.nodes).toHaveLength(who === WHO ? 12 : 1);
    for (const { user } of page.nodes) expect(user.id).toBe(who);
  }
});

test('each server used the executor that was chosen', async () => {
  const executorsOf = async ({ server }: typeof compiled) => {
    const page = await (await fetch(`${server.url}/metrics`)).text();
    return [...page.matchAll(/^rowguard_executions_total\{executor="(\w+)"\}/gm)].map(
      ([, by]) => by,
    );
  };
  // Cursors of other lists are errors: both executors take part.
  expect((await executorsOf(compiled)).sort()).toEqual(['both', 'compiled']);
  expect(await executorsOf(grafast)).toEqual(['grafast']);
});
