/** idempotencyKey: a create that was sent twice is done once. */
import { expect, test } from 'vitest';
import { asUser, connect, outcome, useTestDatabase } from '../../support/database.ts';
import { useTestServer } from '../../support/server.ts';
import { createTask, dataOf, errorOf } from '../../support/tasks.ts';

const database = useTestDatabase();
const server = useTestServer(database);

const CREATE = `mutation ($task: TaskInput!, $key: String) {
  createTask(input: {task: $task, idempotencyKey: $key}) { task { id title user { id } } } }`;

const create = (who: number, key: string | null, task: object) =>
  server.ask(who, CREATE, { task, key });
const created = async (who: number, key: string | null, task: object): Promise<number> =>
  dataOf(await create(who, key, task)).createTask.task.id;

const tasksOf = async (who: number): Promise<number> =>
  (await database.privileged.query('select from public.task where user_id = $1', [who])).rows
    .length;

test('the same request with the same key makes one task and returns it again', async () => {
  const first = await created(41, 'k', { title: 'a', description: 'b' });
  expect(await created(41, 'k', { title: 'a', description: 'b' })).toBe(first);
  expect(await tasksOf(41)).toBe(1);
});

test('without a key, and with null for one, every request makes a task', async () => {
  await created(42, null, { title: 'a' });
  await created(42, null, { title: 'a' });
  expect(await tasksOf(42)).toBe(2);
});

test.each([{ title: 'b' }, { title: 'a', description: 'x' }, { title: 'a', completed: true }])(
  'the same key with other content is a conflict: %j',
  async (other) => {
    await created(43, 'k', { title: 'a' });
    expect(errorOf(await create(43, 'k', other))).toEqual([
      'CONFLICT',
      'This idempotencyKey was used with other content.',
    ]);
    expect(await tasksOf(43)).toBe(1);
  },
);

test('a key is one person’s: another one’s same key makes another task', async () => {
  const mine = await created(44, 'shared', { title: 'a' });
  const theirs = await created(45, 'shared', { title: 'b' });
  expect(theirs).not.toBe(mine);
  expect([await tasksOf(44), await tasksOf(45)]).toEqual([1, 1]);
});

test('retries at the same moment make one task', async () => {
  const ids = await Promise.all(Array.from({ length: 10 }, () => created(46, 'k', { title: 'a' })));
  expect(new Set(ids).size).toBe(1);
  expect(await tasksOf(46)).toBe(1);
});

test('a create that failed leaves its key free', async () => {
  expect(errorOf(await create(47, 'k', { title: ' ' }))).toEqual([
    'BAD_USER_INPUT',
    'title must not be blank.',
  ]);
  await created(47, 'k', { title: 'a' });
  expect(await tasksOf(47)).toBe(1);
});

test('the task as it is now is returned, and none again once it was deleted', async () => {
  const id = await created(48, 'k', { title: 'a' });
  await server.ask(
    48,
    `mutation { updateTask(input: {id: ${id}, patch: {title: "b"}}) { task { id } } }`,
  );
  const { createTask: again } = dataOf(await create(48, 'k', { title: 'a' }));
  expect(again.task).toMatchObject({ id, title: 'b' });
  await server.ask(48, `mutation { deleteTask(input: {id: ${id}}) { task { id } } }`);
  expect(errorOf(await create(48, 'k', { title: 'a' }))).toEqual([
    'CONFLICT',
    'The row created with this idempotencyKey was deleted.',
  ]);
  expect(await tasksOf(48)).toBe(0);
});

test('a key is forgotten after 24 hours, and removed by the next create with one', async () => {
  const first = await created(49, 'old', { title: 'a' });
  const age = (interval: string) =>
    database.privileged.query(
      `update app_private.create_request set created_at = now() - $1::interval where user_id = 49`,
      [interval],
    );
  await age('23 hours 59 minutes');
  expect(await created(49, 'old', { title: 'a' })).toBe(first);
  await age('24 hours 1 minute');
  expect(await created(49, 'old', { title: 'a' })).not.toBe(first);
  await age('24 hours 1 minute');
  await created(49, 'new', { title: 'b' });
  const { rows } = await database.privileged.query(
    'select key from app_private.create_request where user_id = 49',
  );
  expect(rows).toEqual([{ key: 'new' }]);
});

test.each(['', 'x'.repeat(201)])('a key has 1 to 200 characters', async (key) => {
  expect(errorOf(await create(50, key, { title: 'a' }))).toEqual([
    'BAD_USER_INPUT',
    'idempotencyKey must be 1 to 200 characters.',
  ]);
});

test('nobody but the owner can read or write keys', async () => {
  await created(51, 'k', { title: 'a' });
  const statements = [
    'select from app_private.create_request',
    "insert into app_private.create_request (user_id, key, digest) values (51, 'x', '')",
    'delete from app_private.create_request',
  ];
  const client = await connect(database.urls.authenticator);
  try {
    for (const statement of statements) {
      expect(await asUser(client, 51, (c) => outcome(c.query(statement)))).toBe('42501');
    }
  } finally {
    await client.end();
  }
  const { rows } = await database.privileged.query(
    'select from app_private.create_request where user_id = 51',
  );
  expect(rows).toHaveLength(1);
});

test('claim_create without an identity makes nothing', async () => {
  const client = await connect(database.urls.authenticator);
  try {
    const call = "select public.claim_create('task', 'k', '{}')";
    expect(await asUser(client, null, (c) => outcome(c.query(call)))).toBe('23502');
    expect(await asUser(client, 52, (c) => outcome(c.query(call)))).toBe('23503');
    await createTask(server, 52, { title: 'the account is there now' });
    expect(await asUser(client, 52, (c) => outcome(c.query(call)))).toBe('ok 1');
  } finally {
    await client.end();
  }
});
