/**
 * A compiled mutation gives the same answer as grafast and leaves the same rows, above all where it fails: no
 * write is sent twice to report an error. Two databases get the same requests in turn.
 */
import { beforeAll, expect, test } from 'vitest';
import { useTestDatabase } from '../../support/database.ts';
import { useExecutor } from '../../support/executors.ts';
import { titles, waiting, whileLocked } from '../../support/faults.ts';
import { createTask } from '../../support/tasks.ts';

const ours = useTestDatabase();
const theirs = useTestDatabase();
const compiled = useExecutor(ours, 'compiled');
const grafast = useExecutor(theirs, 'grafast');

const WHO = 43;

beforeAll(async () => {
  for (const { server } of [compiled, grafast]) {
    for (const title of ['one', 'two', 'three', 'four']) await createTask(server, WHO, { title });
  }
});

const MOMENT = /\d{4}-\d\d-\d\dT[\d:.]+\+00:00|\d{4}-\d\d-\d\d [\d:.]+\+00/g;
const timeless = (value: unknown) => JSON.parse(JSON.stringify(value).replace(MOMENT, 'then'));
const rowsOf = async ({ privileged }: typeof ours) =>
  (
    await privileged.query(
      'select id, title, description, completed, user_id from public.task order by id',
    )
  ).rows;

async function same(query: string, variables?: object) {
  const expected = timeless(await grafast.tell(WHO, query, variables));
  expect(expected.status).toBe(200);
  const told = timeless(await compiled.tell(WHO, query, variables));
  expect(told).toEqual(expected);
  expect(await rowsOf(ours)).toEqual(await rowsOf(theirs));
  return told;
}

const TASK = '{ id title description completed createdAt updatedAt user { id email } }';
const CREATE = `mutation ($task: TaskInput!, $key: String) { createTask(input: { task: $task, idempotencyKey: $key }) { task ${TASK} } }`;
const UPDATE = `mutation ($id: Int!, $patch: TaskPatch!, $at: Datetime) { updateTask(input: { id: $id, patch: $patch, expectedUpdatedAt: $at }) { task ${TASK} } }`;
const DELETE = `mutation ($id: Int!) { deleteTask(input: { id: $id }) { task ${TASK} } }`;

test('create, with every set of fields, and again', async () => {
  for (const task of [
    { title: 'five' },
    { title: 'six', completed: true },
    { title: 'seven', description: null },
    { title: 'eight', description: 'long', completed: false },
  ]) {
    await same(CREATE, { task });
    await same(CREATE, { task, key: null });
  }
});

test('an idempotency key makes one row, and is refused for another task', async () => {
  await same(CREATE, { task: { title: 'once' }, key: 'k' });
  await same(CREATE, { task: { title: 'once' }, key: 'k' });
  await same(CREATE, { task: { title: 'twice' }, key: 'k' });
});

test('update, delete, and what is not there', async () => {
  await same(UPDATE, { id: 1, patch: { title: 'uno' } });
  await same(UPDATE, { id: 1, patch: { description: 'x', completed: true } });
  await same(UPDATE, { id: 2, patch: {} });
  await same(UPDATE, { id: 999, patch: { title: 'nobody' } });
  await same(DELETE, { id: 2 });
  await same(DELETE, { id: 2 });
});

test('a wrong expectation is a conflict, and is sent once', async () => {
  const { statements } = await same(UPDATE, {
    id: 3,
    patch: { title: 'x' },
    at: '2020-01-01T00:00:00Z',
  });
  expect(statements).toHaveLength(2);
});

test('a write that is refused is sent once', async () => {
  const { statements, body } = await same(CREATE, { task: { title: ' ' } });
  expect(statements).toHaveLength(1);
  expect(body).toContain('BAD_USER_INPUT');
});

test('several in one operation: those before an error and after it are done, once each', async () => {
  const { statements } = await same(
    `mutation {
      a: createTask(input: { task: { title: "a" } }) { task ${TASK} }
      b: updateTask(input: { id: 999, patch: { title: "b" } }) { task ${TASK} }
      c: createTask(input: { task: { title: "c" } }) { task ${TASK} }
      d: createTask(input: { task: { title: "c" } }) { task ${TASK} }
    }`,
  );
  expect(statements.filter((text: string) => text.startsWith('insert'))).toHaveLength(3);
});

test('a field of a mutation waits for the one before it', async () => {
  let done: ReturnType<typeof same> | undefined;
  await whileLocked(ours, WHO, async () => {
    done = same(
      `mutation { a: updateTask(input: { id: 4, patch: { title: "held up" } }) { task { id } }
        b: createTask(input: { task: { title: "after it" } }) { task { id } } }`,
    );
    await expect.poll(() => waiting(ours)).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await titles(ours, WHO)).not.toContain('after it');
  });
  await done;
  expect(await titles(ours, WHO)).toContain('after it');
});

test('the same write twice in one operation is two writes', () =>
  same(
    `mutation { a: createTask(input: { task: { title: "same" } }) { task { id } }
      b: createTask(input: { task: { title: "same" } }) { task { id } } }`,
  ));

test('functions that write', async () => {
  const changed = '{ count ids tasks { id title user { id } } query { tasks { totalCount } } }';
  await same(`mutation { setAllTasksCompleted(input: { completed: true }) ${changed} }`);
  await same('mutation { clearCompletedTasks(input: {}) { count } }');
});

test('many rows at once, also where one is refused', async () => {
  const CREATES = `mutation ($tasks: [TaskInput!]!, $key: String) { createTasks(input: { tasks: $tasks, idempotencyKey: $key }) { tasks ${TASK} query { tasks { totalCount } } } }`;
  const tasks = [{ title: 'a' }, { title: 'b', completed: true }, { title: 'c' }];
  const { body } = await same(CREATES, { tasks });
  for (const key of ['many', 'many']) await same(CREATES, { tasks, key });
  await same(CREATES, { tasks: tasks.slice(1), key: 'many' });
  await same(CREATES, { tasks: [...tasks, { title: ' ' }, ...tasks] });
  const ids = JSON.parse(body).data.createTasks.tasks.map(({ id }: { id: number }) => id);
  const UPDATES = `mutation ($ids: [Int!]!) { updateTasks(input: { ids: $ids, patch: { title: "n" } }) { tasks ${TASK} } }`;
  await same(UPDATES, { ids: ids.toReversed() });
  await same(UPDATES, { ids: [...ids, 999_999] });
  const DELETES = 'mutation ($ids: [Int!]!) { deleteTasks(input: { ids: $ids }) { ids } }';
  await same(DELETES, { ids: [...ids, 999_999] });
  await same(DELETES, { ids });
});
