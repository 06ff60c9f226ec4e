/** What a mutation answers beside its row: the reads after it, and of a conflict the row as it is. */
import { beforeAll, describe, expect, test } from 'vitest';
import { useTestDatabase } from '../../support/database.ts';
import { type Executor, useExecutor } from '../../support/executors.ts';
import { ENUM } from '../../support/kinds.ts';
import { createTask, dataOf, updateTask } from '../../support/tasks.ts';

const database = useTestDatabase();
beforeAll(() =>
  database.owner.query(`
    ${ENUM}
    create table public.memo (
      id integer generated always as identity primary key,
      body text not null,
      tags text[],
      secret text,
      priority public.priority not null default 'low',
      user_id integer not null default app_private.current_user_id() references public."user" (id),
      updated_at timestamptz
    );
    alter table public.memo enable row level security, force row level security;
    create policy select_own on public.memo for select using (user_id = (select app_private.current_user_id()));
    create policy insert_own on public.memo for insert with check (user_id = (select app_private.current_user_id()));
    create policy update_own on public.memo for update using (user_id = (select app_private.current_user_id()))
      with check (user_id = (select app_private.current_user_id()));
    create trigger _200_touch before update on public.memo for each row execute function app_private.touch();
    grant select (id, body, tags, priority, user_id, updated_at), insert (body, tags), update (body, tags)
      on public.memo to todo_user;`),
);
const executors: Record<string, Executor> = {
  compiled: useExecutor(database, 'compiled'),
  grafast: useExecutor(database, 'grafast'),
};

const LIST = 'query { tasks { totalCount nodes { title completed } } me { id } }';

describe.each(Object.keys(executors))('%s', (name) => {
  const WHO = name === 'compiled' ? 341 : 342;
  const { server, tell } = executors[name] as Executor;

  test('query reads what the mutation has written', async () => {
    const data = dataOf(
      await server.ask(
        WHO,
        `mutation { a: createTask(input: {task: {title: "a"}}) { task { id } ${LIST} }
          b: createTask(input: {task: {title: "b"}}) { ${LIST} }
          c: setAllTasksCompleted(input: {completed: true}) { count ${LIST} }
          d: clearCompletedTasks { ${LIST} } }`,
      ),
    );
    expect(data.a.query.tasks.nodes).toEqual([{ title: 'a', completed: false }]);
    expect(data.b.query.tasks.totalCount).toBe(2);
    expect(data.c.query.tasks.nodes.map((row: { completed: boolean }) => row.completed)).toEqual([
      true,
      true,
    ]);
    expect(data.d.query).toEqual({ tasks: { totalCount: 0, nodes: [] }, me: { id: WHO } });
  });

  test('query is of the person alone', async () => {
    const { id } = await createTask(server, 343, { title: 'theirs' });
    const answer = await server.ask(
      WHO,
      `mutation { createTask(input: {task: {title: "mine"}}) { query { task(id: ${id}) { title } tasks { nodes { user { id } } } } } }`,
    );
    const { query } = dataOf(answer).createTask;
    expect(query.task).toBeNull();
    expect(query.tasks.nodes.every((row: { user: { id: number } }) => row.user.id === WHO)).toBe(
      true,
    );
  });

  test('a write without further reads stays one round trip', async () => {
    const { roundTrips } = await tell(
      WHO,
      'mutation { createTask(input: {task: {title: "one"}}) { task { id title } } }',
    );
    expect(roundTrips).toBe(1);
  });

  test('deleteMe leaves nobody to read for', async () => {
    const { body } = await server.ask(
      WHO + 10,
      'mutation { deleteMe { user { id } query { me { id } } } }',
    );
    expect(body.errors[0].extensions.code).toBe('ACCOUNT_DELETED');
  });
});

describe('a conflict of expectedUpdatedAt', () => {
  const { server, tell } = executors.compiled as Executor;
  const WHO = 345;
  const UPDATE =
    'mutation ($id: Int!, $at: Datetime) { updateTask(input: {id: $id, patch: {title: "mine"}, expectedUpdatedAt: $at}) { task { title } } }';
  const DELETE =
    'mutation ($id: Int!, $at: Datetime) { deleteTask(input: {id: $id, expectedUpdatedAt: $at}) { task { title } } }';

  test.each([UPDATE, DELETE])('brings the row as it is, by the API’s names: %s', async (text) => {
    const { id, createdAt } = await createTask(server, WHO, { title: 'a' });
    const { updatedAt } = await updateTask(server, WHO, { id, patch: { completed: true } });
    const { body } = await server.ask(WHO, text, { id, at: null });
    expect(body.errors[0].extensions).toEqual({
      code: 'CONFLICT',
      reason: 'STALE',
      current: {
        id,
        title: 'a',
        description: null,
        completed: true,
        priority: 'low',
        createdAt,
        updatedAt,
      },
    });
  });

  test('shows no list and no column that the person may not read', async () => {
    const make = 'mutation { createMemo(input: {memo: {body: "a", tags: ["t"]}}) { memo { id } } }';
    const { id } = dataOf(await server.ask(WHO, make)).createMemo.memo;
    const text = `mutation { updateMemo(input: {id: ${id}, patch: {body: "b"}, expectedUpdatedAt: "2020-01-01T00:00:00Z"}) { memo { id } } }`;
    const { body } = await server.ask(WHO, text);
    expect(body.errors[0].extensions.current).toEqual({
      id,
      body: 'a',
      priority: 'low',
      updatedAt: null,
    });
  });

  test('shows nothing of another person’s row', async () => {
    const { id } = await createTask(server, 346, { title: 'theirs' });
    const foreign = await tell(WHO, UPDATE, { id, at: '2020-01-01T00:00:00Z' });
    const missing = await tell(WHO, UPDATE, { id: 2_000_000_000, at: '2020-01-01T00:00:00Z' });
    expect(foreign.body).toBe(missing.body);
    expect(foreign.body).toContain('NOT_FOUND');
  });

  test('costs the success nothing: one round trip', async () => {
    const { id } = await createTask(server, WHO, { title: 'a' });
    const { roundTrips, body } = await tell(WHO, UPDATE, { id, at: null });
    expect(body).toContain('mine');
    expect(roundTrips).toBe(1);
  });
});
