/** Which operations have a compiled form, and that the server uses it. */
import { type PgResource, type PgSelectSingleStep, PgSelectStep } from 'postgraphile/@dataplan/pg';
import type { Step } from 'postgraphile/grafast';
import { extendSchema, gql } from 'postgraphile/utils';
import { beforeAll, expect, test, vi } from 'vitest';
import { useOperations } from '../../support/compiled.ts';
import { useTestDatabase } from '../../support/database.ts';
import { ODD_TABLES, oddRows } from '../../support/odd-tables.ts';

const database = useTestDatabase();
beforeAll(() => database.owner.query(ODD_TABLES));
const operations = useOperations(database);
/** An extension of the API that sends a statement for each task of a list. */
const extended = useOperations(database, [
  extendSchema((build) => {
    const { user, task } = build.pgResources as { user: PgResource; task: PgResource };
    return {
      typeDefs: gql`
        extend type Task { watchedBy(id: Int!): User }
        extend type User { firstTask: Task }`,
      objects: {
        Task: { plans: { watchedBy: (_, { $id }) => user.get({ id: $id as Step }) } },
        User: {
          plans: {
            firstTask($user: PgSelectSingleStep) {
              const $tasks = task.find({ user_id: $user.get('id') });
              $tasks.setInliningForbidden();
              return $tasks.single();
            },
          },
        },
      },
    };
  }),
]);

const WHO = 44;

beforeAll(async () => {
  await database.privileged.query(`
    insert into public."user" (id, email) values (${WHO}, 'a@used.test'), (45, 'b@used.test');
    insert into public.task (title, user_id) select 'task ' || n, ${WHO} from generate_series(1, 30) n;`);
  await database.privileged.query(oddRows(WHO));
});

const TASK = 'id title description completed createdAt updatedAt';

test.each([
  `{ tasks(first: 10) { nodes { ${TASK} } } }`,
  `{ tasks(first: 10, condition: { completed: false }, orderBy: TITLE_ASC) { totalCount nodes { ${TASK} } } }`,
  '{ tasks { edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }',
  '{ things(first: 2, orderBy: [AMOUNT_DESC, DAY_ASC], condition: {ratioIsNull: false, moodIn: [calm]}) { edges { cursor node { id } } totalCount } }',
  '{ things(first: 2, orderBy: LABEL_DESC, condition: {daySince: "2020-01-02", amountNot: "1"}) { edges { cursor node { id } } } }',
  '{ calmThings(first: 2, orderBy: AMOUNT_DESC) { edges { cursor node { code } } pageInfo { hasNextPage } } }',
  '{ keyedThings(first: 2, orderBy: SEEN_AT_ASC, condition: {ratioBefore: 1}) { nodes { id } } }',
  `{ me { id email tasks(first: 3) { totalCount nodes { ${TASK} user { email } } } } }`,
  `{ task(id: 1) { ${TASK} user { id } } }`,
  `mutation { createTask(input: { task: { title: "x" } }) { task { ${TASK} user { email } } } }`,
  'mutation { createTask(input: { task: { title: "y" }, idempotencyKey: "y" }) { task { id } } }',
  'mutation { updateTask(input: { id: 1, patch: { completed: true } }) { task { id } } }',
  'mutation { deleteTask(input: { id: 2 }) { task { id } } }',
  'mutation { clearCompletedTasks(input: {}) { count } }',
  'mutation { setAllTasksCompleted(input: { completed: true }) { count ids tasks { id } } }',
  'mutation { createTasks(input: { tasks: [{ title: "a" }, { title: "b" }] }) { tasks { id title } } }',
  'mutation { updateTasks(input: { ids: [3, 4], patch: { title: "c" } }) { tasks { id title } } }',
  'mutation { deleteTasks(input: { ids: [5, 6] }) { ids } }',
  'mutation { createTask(input: { task: { title: "q" } }) { query { tasks { nodes { id } } } } }',
])('%s', async (text) => {
  const { by, result } = await operations.run(WHO, text);
  expect([by, result.errors]).toEqual(['compiled', undefined]);
});

test.each([
  '{ __schema { queryType { name } } }',
  // Two statements side by side in a mutation.
  'mutation { createTask(input: { task: { title: "q" } }) { query { tasks { totalCount nodes { id } } } } }',
  'mutation { deleteMe(input: {}) { user { id } } }',
])('left to grafast: %s', async (text) => {
  const { by, result } = await operations.run(45, text);
  expect([by, result.errors]).toEqual(['grafast', undefined]);
});

test('a statement for each row of a list is left to grafast', async () => {
  const text = `{ tasks(first: 2) { nodes { id watchedBy(id: ${WHO}) { id firstTask { id } } } } }`;
  const { by, result } = await extended.run(WHO, text);
  const { tasks } = JSON.parse(JSON.stringify(result)).data;
  expect(by).toBe('grafast');
  expect(tasks.nodes).toHaveLength(2);
  for (const { watchedBy } of tasks.nodes) {
    expect(watchedBy.id).toBe(WHO);
    expect(watchedBy.firstTask.id).toBeGreaterThan(0);
  }
});

test('an order that is a variable, set or absent', async () => {
  const text =
    'query ($by: [TaskOrderBy!], $n: Int) { tasks(first: $n, orderBy: $by) { nodes { id } } }';
  for (const by of [undefined, ['TITLE_ASC'], ['ID_DESC'], undefined]) {
    const ran = await operations.run(WHO, text, { n: 3, ...(by && { by }) });
    expect([ran.by, ran.result.errors]).toEqual(['compiled', undefined]);
  }
});

test('pages of nullable columns, with the cursor as a variable', async () => {
  const text = `query ($at: Cursor, $by: [ThingOrderBy!], $c: ThingCondition) {
    things(first: 2, after: $at, orderBy: $by, condition: $c) { pageInfo { endCursor } nodes { id } } }`;
  const seen: unknown[] = [];
  for (let at: unknown = null; seen.length < 9; ) {
    const ran = await operations.run(WHO, text, { at, by: ['RATIO_DESC'], c: { amountNot: '1' } });
    expect([ran.by, ran.result.errors]).toEqual(['compiled', undefined]);
    const { things } = JSON.parse(JSON.stringify(ran.result.data));
    if (things.nodes.length === 0) break;
    seen.push(...things.nodes.map(({ id }: { id: number }) => id));
    at = things.pageInfo.endCursor;
  }
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen).toHaveLength(8);
});

test('grafast reports an error', async () => {
  const { by, result } = await operations.run(
    WHO,
    'mutation { updateTask(input: { id: 999, patch: { title: "x" } }) { task { id } } }',
  );
  expect([by, result.errors?.length]).toEqual(['both', 1]);
});

test.each([
  ['the same page', '{ tasks(first: 5) { nodes { id } } }', () => ({})],
  ['any task', 'query ($id: Int!) { task(id: $id) { id } }', (i: number) => ({ id: i })],
  [
    'any page of a list',
    'query ($at: Cursor) { tasks(first: 5, after: $at, orderBy: ID_ASC) { nodes { id } pageInfo { endCursor } } }',
    (_: number, last: string | undefined) => ({ at: last }),
  ],
])('PostGraphile writes the statement of %s a few times, not each time', async (_, text, next) => {
  const written = vi.spyOn(PgSelectStep.prototype, 'execute');
  try {
    let last: string | undefined;
    for (let i = 0; i < 200; i++) {
      const { result, by } = await operations.run(WHO, text, next(i, last));
      expect([by, result.errors]).toEqual(['compiled', undefined]);
      // biome-ignore lint/suspicious/noExplicitAny: whatever was asked for
      last = (result.data as any).tasks?.pageInfo?.endCursor ?? undefined;
    }
    // The statement is written again once a second, and this test takes much less than a minute.
    expect(written.mock.calls.length).toBeLessThan(100);
  } finally {
    written.mockRestore();
  }
});
