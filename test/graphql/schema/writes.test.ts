/** Create, update, delete: what they change, what they answer, and what they must not touch. */
import { describe, expect, test } from 'vitest';
import { connect, useTestDatabase } from '../../support/database.ts';
import { useTestServer } from '../../support/server.ts';
import { createTask, dataOf, errorOf, TASK, type Task, updateTask } from '../../support/tasks.ts';

const database = useTestDatabase();
const server = useTestServer(database);

const UPDATE = `mutation ($input: UpdateTaskInput!) { updateTask(input: $input) { task { ${TASK} } } }`;
const DELETE = `mutation ($input: DeleteTaskInput!) { deleteTask(input: $input) { task { ${TASK} } } }`;
const READ = 'query ($id: Int!) { task(id: $id) { updatedAt } }';

/** The row as it is, seen past every policy. */
const row = async (id: number) =>
  (await database.privileged.query('select * from public.task where id = $1', [id])).rows[0];

test('a task is made with its defaults and belongs to the person of the token', async () => {
  const query =
    'mutation { createTask(input: {task: {title: "a"}}) { task { id title description completed updatedAt user { id email } } } }';
  const { createTask: made } = dataOf(await server.ask(21, query));
  expect(made.task).toMatchObject({ title: 'a', description: null, completed: false });
  expect(made.task).toMatchObject({
    updatedAt: null,
    user: { id: 21, email: 'user21@example.com' },
  });
  expect(await row(made.task.id)).toMatchObject({ user_id: 21, title: 'a' });
});

describe('an update', () => {
  test('changes what the patch names and nothing else', async () => {
    const made = await createTask(server, 22, { title: 'a', description: 'b' });
    const done = await updateTask(server, 22, { id: made.id, patch: { completed: true } });
    expect(done).toEqual({ ...made, completed: true, updatedAt: done.updatedAt });
    expect(done.updatedAt).not.toBeNull();
  });
  test('clears the description with null', async () => {
    const { id } = await createTask(server, 22, { title: 'a', description: 'b' });
    expect((await updateTask(server, 22, { id, patch: { description: null } })).description).toBe(
      null,
    );
  });
  test.each([
    [{ title: null }, 'title is required.'],
    [{ title: '' }, 'title must be 1 to 200 characters.'],
    [{ title: '   ' }, 'title must not be blank.'],
    [{ title: 'x'.repeat(201) }, 'title must be 1 to 200 characters.'],
    [{ description: 'x'.repeat(10_001) }, 'description must be at most 10,000 characters.'],
    [{ completed: null }, 'completed is required.'],
    [{}, 'patch must set at least one field.'],
  ])('with %j is bad input and changes nothing', async (patch, message) => {
    const made = await createTask(server, 22, { title: 'a', description: 'b' });
    const answer = await server.ask(22, UPDATE, { input: { id: made.id, patch } });
    expect(errorOf(answer)).toEqual(['BAD_USER_INPUT', message]);
    expect(answer.body.errors[0].path).toEqual(['updateTask']);
    expect(await row(made.id)).toMatchObject({ title: 'a', description: 'b', updated_at: null });
  });
  test.each(['userId', 'id', 'createdAt', 'updatedAt'])('cannot name %s', async (field) => {
    const { id } = await createTask(server, 22, { title: 'a' });
    const answer = await server.ask(22, UPDATE, { input: { id, patch: { [field]: 1 } } });
    expect(errorOf(answer)[0]).toBe('BAD_USER_INPUT');
  });
});

test('a delete returns what was deleted', async () => {
  const made = await createTask(server, 23, { title: 'a', description: 'b', completed: true });
  const { deleteTask } = dataOf(await server.ask(23, DELETE, { input: { id: made.id } }));
  expect(deleteTask.task).toEqual(made);
  expect(await row(made.id)).toBeUndefined();
});

describe('expectedUpdatedAt', () => {
  const CONFLICT = ['CONFLICT', 'This has changed since you read it. Read it again.'];
  const changed = async (): Promise<Task> => {
    const { id } = await createTask(server, 24, { title: 'a' });
    return updateTask(server, 24, { id, patch: { title: 'b' } });
  };
  /** A task that was last changed at a moment of the test's choosing: the clock's may end in zeros, which are not written. */
  const changedAt = async (moment: string): Promise<number> => {
    const { id } = await changed();
    await database.privileged.query('set session_replication_role = replica');
    await database.privileged.query('update public.task set updated_at = $2 where id = $1', [
      id,
      moment,
    ]);
    await database.privileged.query('set session_replication_role = origin');
    return id;
  };

  test('lets an update of the row as it was read happen, to the microsecond', async () => {
    const id = await changedAt('2026-01-01T00:00:00.123456Z');
    const { updatedAt } = dataOf(await server.ask(24, READ, { id })).task;
    expect(updatedAt).toBe('2026-01-01T00:00:00.123456+00:00');
    const patch = { title: 'c' };
    expect((await updateTask(server, 24, { id, patch, expectedUpdatedAt: updatedAt })).title).toBe(
      'c',
    );
  });
  test('is a conflict when the row has changed since, and changes nothing', async () => {
    const { id, updatedAt } = await changed();
    await updateTask(server, 24, { id, patch: { title: 'c' } });
    for (const [query, more] of [
      [UPDATE, { patch: { title: 'd' } }],
      [DELETE, {}],
    ] as const) {
      const input = { id, expectedUpdatedAt: updatedAt, ...more };
      expect(errorOf(await server.ask(24, query, { input }))).toEqual(CONFLICT);
    }
    expect(await row(id)).toMatchObject({ title: 'c' });
  });
  test('tells moments apart that differ by one microsecond', async () => {
    const id = await changedAt('2026-01-01T00:00:00.000001Z');
    const input = { id, patch: { title: 'd' } };
    const before = { ...input, expectedUpdatedAt: '2026-01-01T00:00:00.000000Z' };
    expect(errorOf(await server.ask(24, UPDATE, { input: before }))).toEqual(CONFLICT);
    // The same moment in another zone.
    const same = { ...input, expectedUpdatedAt: '2026-01-01T02:00:00.000001+02:00' };
    expect(dataOf(await server.ask(24, UPDATE, { input: same })).updateTask.task.title).toBe('d');
  });
  test('null means that it must never have changed', async () => {
    const { id } = await createTask(server, 24, { title: 'a' });
    const input = { id, patch: { title: 'b' }, expectedUpdatedAt: null };
    dataOf(await server.ask(24, UPDATE, { input }));
    expect(errorOf(await server.ask(24, UPDATE, { input }))).toEqual(CONFLICT);
    const { id: fresh } = await createTask(server, 24, { title: 'a' });
    dataOf(await server.ask(24, DELETE, { input: { id: fresh, expectedUpdatedAt: null } }));
    expect(await row(fresh)).toBeUndefined();
  });
  test('absent, or a variable that was not sent, means that it does not matter', async () => {
    const { id } = await changed();
    const query = `mutation ($e: Datetime) { updateTask(input: {id: ${id}, patch: {title: "c"}, expectedUpdatedAt: $e}) { task { title } } }`;
    expect(dataOf(await server.ask(24, query, {})).updateTask.task.title).toBe('c');
  });
  test('lets exactly one of many simultaneous updates through', async () => {
    const { id, updatedAt } = await changed();
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        server.ask(24, UPDATE, {
          input: { id, patch: { title: `by ${i}` }, expectedUpdatedAt: updatedAt },
        }),
      ),
    );
    const codes = answers.map(({ body }) => body.errors?.[0].extensions.code ?? 'done').sort();
    expect(codes).toEqual([...Array(7).fill('CONFLICT'), 'done']);
  });
  test('is decided by the statement: an update that waited for another one sees what it did', async () => {
    const { id, updatedAt } = await changed();
    await database.privileged.query('begin');
    await database.privileged.query("update public.task set title = 'first' where id = $1", [id]);
    const input = { id, patch: { title: 'second' }, expectedUpdatedAt: updatedAt };
    const waiting = server.ask(24, UPDATE, { input });
    await expect.poll(waitingForLock).toBe(1);
    await database.privileged.query('commit');
    expect(errorOf(await waiting)).toEqual(CONFLICT);
    expect(await row(id)).toMatchObject({ title: 'first' });
  });
});

const waitingForLock = async (): Promise<number> => {
  const { rows } = await database.owner.query(
    `select count(*)::integer as n from pg_catalog.pg_locks as l
     join pg_catalog.pg_stat_activity as a on a.pid = l.pid
     where not l.granted and a.pid <> pg_backend_pid() and a.datname = current_database()`,
  );
  return rows[0].n;
};

describe('not yours is not there', () => {
  const MISSING = 2_000_000_000;
  const expectations = [
    {},
    { expectedUpdatedAt: null },
    { expectedUpdatedAt: '2026-01-01T00:00:00Z' },
  ];
  const READ = `query ($input: Int!) { task(id: $input) { ${TASK} } }`;

  const CASES: [what: string, query: string, input: (id: number) => unknown][] = [
    ['reading', READ, (id) => id],
    ...expectations.flatMap((expected): typeof CASES => [
      ['updating', UPDATE, (id) => ({ id, patch: { title: 'x' }, ...expected })],
      ['deleting', DELETE, (id) => ({ id, ...expected })],
    ]),
  ];

  test.each(CASES)('%s: the same answer to the byte', async (_what, query, input) => {
    const theirs = await createTask(server, 25, { title: 'secret' });
    const raw = async (id: number) => {
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${await server.token(26)}`,
        },
        body: JSON.stringify({ query, variables: { input: input(id) } }),
      });
      return [response.status, response.headers.get('content-length'), await response.text()];
    };
    const foreign = await raw(theirs.id);
    expect(foreign).toEqual(await raw(MISSING));
    expect(String(foreign[2])).not.toContain('secret');
    // The control: it is there, as it was, and its owner sees it.
    expect(await row(theirs.id)).toMatchObject({ title: 'secret', user_id: 25, updated_at: null });
    const mine = dataOf(await server.ask(25, READ, { input: theirs.id }));
    expect(mine.task).toEqual(theirs);
  });
});

describe('many at once', () => {
  const CHANGED = '{ count ids tasks { id title completed updatedAt user { id } } }';
  const ALL = `mutation ($c: Boolean!) { setAllTasksCompleted(input: {completed: $c}) ${CHANGED} }`;
  const CLEAR = `mutation { clearCompletedTasks ${CHANGED} }`;

  test('setAllTasksCompleted changes all one’s tasks, returns those it changed, and nobody else’s', async () => {
    const open = await createTask(server, 27, { title: 'a' });
    const done = await createTask(server, 27, { title: 'b', completed: true });
    const theirs = await createTask(server, 28, { title: 'c' });
    const first = dataOf(await server.ask(27, ALL, { c: true })).setAllTasksCompleted;
    expect(first).toEqual({
      count: 1,
      ids: [open.id],
      tasks: [
        {
          id: open.id,
          title: 'a',
          completed: true,
          updatedAt: expect.any(String),
          user: { id: 27 },
        },
      ],
    });
    expect((await row(done.id)).updated_at).toBeNull();
    // The time that it tells is the one to expect next.
    const expected = { id: open.id, patch: {}, expectedUpdatedAt: first.tasks[0].updatedAt };
    await updateTask(server, 27, { ...expected, patch: { title: 'a2' } });
    const second = dataOf(await server.ask(27, ALL, { c: false })).setAllTasksCompleted;
    expect([second.count, second.ids.toSorted()]).toEqual([2, [open.id, done.id]]);
    expect(dataOf(await server.ask(27, ALL, { c: false })).setAllTasksCompleted).toEqual({
      count: 0,
      ids: [],
      tasks: [],
    });
    expect(await row(theirs.id)).toMatchObject({ completed: false, updated_at: null });
  });
  test('clearCompletedTasks deletes one’s done tasks, returns them, and nobody else’s', async () => {
    const open = await createTask(server, 29, { title: 'a' });
    const done = await createTask(server, 29, { title: 'b', completed: true });
    const theirs = await createTask(server, 30, { title: 'c', completed: true });
    expect(dataOf(await server.ask(29, CLEAR)).clearCompletedTasks).toEqual({
      count: 1,
      ids: [done.id],
      tasks: [{ id: done.id, title: 'b', completed: true, updatedAt: null, user: { id: 29 } }],
    });
    expect(dataOf(await server.ask(29, CLEAR)).clearCompletedTasks.count).toBe(0);
    expect(await row(open.id)).toBeDefined();
    expect(await row(theirs.id)).toBeDefined();
  });
  test('more rows than a page: all ids, and the rows of one page', async () => {
    await createTask(server, 34, { title: 'first' });
    await database.privileged.query(
      "insert into public.task (title, user_id) select 'n' || n, 34 from generate_series(2, 450) as n",
    );
    const all = dataOf(await server.ask(34, ALL, { c: true })).setAllTasksCompleted;
    expect([all.count, all.ids.length, new Set(all.ids).size, all.tasks.length]).toEqual([
      450, 450, 450, 200,
    ]);
    expect(all.tasks.map(({ id }: Task) => id)).toEqual(all.ids.slice(0, 200));
    const few = 'mutation { clearCompletedTasks { ids } }';
    expect(dataOf(await server.ask(34, few)).clearCompletedTasks.ids).toHaveLength(450);
  });
  test('an input that holds nothing may be given or left out', async () => {
    const given = 'mutation { clearCompletedTasks(input: {}) { count } }';
    expect(dataOf(await server.ask(29, given)).clearCompletedTasks).toEqual({ count: 0 });
  });
});

test('deleteMe returns the account, takes its tasks along and leaves the others', async () => {
  const mine = await createTask(server, 31, { title: 'a' });
  const theirs = await createTask(server, 32, { title: 'b' });
  const { deleteMe } = dataOf(
    await server.ask(31, 'mutation { deleteMe(input: {}) { user { id } } }'),
  );
  expect(deleteMe.user).toEqual({ id: 31 });
  expect(await row(mine.id)).toBeUndefined();
  expect(await row(theirs.id)).toBeDefined();
});

test('a personal login has the same two functions, and reaches its own rows alone', async () => {
  const mine = await createTask(server, 33_001, { title: 'a' });
  const theirs = await createTask(server, 33_002, { title: 'b', completed: true });
  await database.owner.query("select app_private.grant_psql_login(33001, 'secret')");
  try {
    const url = new URL(database.urls.authenticator);
    url.username = 'todo_psql_33001';
    url.password = 'secret';
    const login = await connect(url.href);
    try {
      const all = await login.query(
        'select id, (task).title from direct.set_all_tasks_completed(true)',
      );
      expect(all.rows).toEqual([{ id: mine.id, title: 'a' }]);
      const cleared = await login.query('select id from direct.clear_completed_tasks()');
      expect(cleared.rows).toEqual([{ id: mine.id }]);
      expect((await login.query('select (direct.me()).id')).rows).toEqual([{ id: 33_001 }]);
    } finally {
      await login.end();
    }
  } finally {
    await database.owner.query('select app_private.revoke_psql_login(33001)');
  }
  expect(await row(mine.id)).toBeUndefined();
  expect(await row(theirs.id)).toMatchObject({ completed: true, updated_at: null });
});
