/** The API over HTTP for two people: everything a to-do client does, and what it is refused. */
import { beforeAll, describe, expect, test } from 'vitest';
import { useTestDatabase } from '../support/database.ts';
import { emailOf, useTestServer } from '../support/server.ts';

const database = useTestDatabase();
const server = useTestServer(database);
const ALICE = 11;
const BOB = 12;

const create = async (who: number, title: string): Promise<number> => {
  const { body } = await server.ask(
    who,
    'mutation ($title: String!) { createTask(input: {task: {title: $title}}) { task { id } } }',
    { title },
  );
  return body.data.createTask.task.id;
};

/** With privileged eyes: what the row really is. */
const row = async (id: number) =>
  (
    await database.privileged.query('select title, completed, user_id from task where id = $1', [
      id,
    ])
  ).rows[0];

test('the first request makes the user row', async () => {
  const { body } = await server.ask(ALICE, '{ me { id email createdAt tasks { totalCount } } }');
  expect(body.data.me).toMatchObject({
    id: ALICE,
    email: emailOf(ALICE),
    tasks: { totalCount: 0 },
  });
});

describe('a person', () => {
  test('creates a task with title, description and completed only', async () => {
    const { body } = await server.ask(
      ALICE,
      `mutation { createTask(input: {task: {title: "Title", description: "More", completed: true}}) {
        task { id title description completed updatedAt user { id email } } } }`,
    );
    expect(body.data.createTask.task).toMatchObject({
      title: 'Title',
      description: 'More',
      completed: true,
      updatedAt: null,
      user: { id: ALICE, email: emailOf(ALICE) },
    });
    for (const field of [
      'id: 1',
      `userId: ${BOB}`,
      'user_id: 1',
      'createdAt: "2020-01-01"',
      'updatedAt: null',
    ]) {
      const { status, body: refused } = await server.ask(
        ALICE,
        `mutation { createTask(input: {task: {title: "x", ${field}}}) { task { id } } }`,
      );
      expect(status, field).toBe(400);
      expect(refused.errors[0].message).toContain('is not defined by type');
    }
  });

  test('changes only what is named, and updatedAt moves', async () => {
    const id = await create(ALICE, 'Before');
    const { body } = await server.ask(
      ALICE,
      `mutation { updateTask(input: {id: ${id}, patch: {completed: true}}) { task { title completed updatedAt } } }`,
    );
    expect(body.data.updateTask.task).toMatchObject({ title: 'Before', completed: true });
    expect(Date.parse(body.data.updateTask.task.updatedAt)).toBeGreaterThan(0);
  });

  test('deletes a task and gets what was deleted', async () => {
    const id = await create(ALICE, 'Going');
    const { body } = await server.ask(
      ALICE,
      `mutation { deleteTask(input: {id: ${id}}) { task { id title } } }`,
    );
    expect(body.data.deleteTask.task).toEqual({ id, title: 'Going' });
    expect(await row(id)).toBeUndefined();
  });

  test('lists newest first, filters by completed, pages by cursor', async () => {
    const who = 21;
    for (let i = 1; i <= 5; i++) await create(who, `t${i}`);
    const ids = (nodes: { title: string }[]) => nodes.map(({ title }) => title);
    const list = await server.ask(who, '{ tasks { totalCount nodes { id title } } }');
    expect(list.body.data.tasks.totalCount).toBe(5);
    expect(ids(list.body.data.tasks.nodes)).toEqual(['t5', 't4', 't3', 't2', 't1']);

    const [first] = list.body.data.tasks.nodes;
    await server.ask(
      who,
      `mutation { updateTask(input: {id: ${first.id}, patch: {completed: true}}) { task { id } } }`,
    );
    const filter =
      '{ tasks(condition: {completed: true}) { totalCount nodes { title } } me { tasks(condition: {completed: false}) { totalCount } } }';
    const filtered = await server.ask(who, filter);
    expect(filtered.body.data.tasks).toEqual({ totalCount: 1, nodes: [{ title: 't5' }] });
    expect(filtered.body.data.me.tasks.totalCount).toBe(4);

    const page =
      'query ($after: Cursor) { tasks(first: 2, after: $after) { nodes { title } pageInfo { hasNextPage endCursor } } }';
    const seen: string[] = [];
    for (let after: string | null = null, more = true; more; ) {
      const { body } = await server.ask(who, page, { after });
      seen.push(...ids(body.data.tasks.nodes));
      after = body.data.tasks.pageInfo.endCursor;
      more = body.data.tasks.pageInfo.hasNextPage;
    }
    expect(seen).toEqual(['t5', 't4', 't3', 't2', 't1']);
  });

  test('gets a default page without asking and no more than the maximum', async () => {
    const who = 22;
    await server.ask(who, '{ me { id } }');
    await database.privileged.query(
      "insert into task (title, user_id) select 'n' || g, $1 from generate_series(1, 250) as g",
      [who],
    );
    const { body } = await server.ask(
      who,
      '{ d: tasks { nodes { id } } m: tasks(first: 200) { nodes { id } } l: tasks(last: 3) { nodes { title } } }',
    );
    expect(body.data.d.nodes).toHaveLength(20);
    expect(body.data.m.nodes).toHaveLength(200);
    expect(body.data.l.nodes.map((n: { title: string }) => n.title)).toEqual(['n3', 'n2', 'n1']);
    for (const size of ['first: 201', 'last: 201', 'first: -1', 'last: -1']) {
      const { body: refused } = await server.ask(who, `{ tasks(${size}) { nodes { id } } }`);
      expect(refused.errors[0].extensions.code, size).toBe('BAD_USER_INPUT');
    }
  });
});

describe('another person', () => {
  let id: number;
  beforeAll(async () => {
    id = await create(ALICE, "Alice's");
    await create(BOB, "Bob's");
  });

  test('does not see the task by id, in lists, or through me', async () => {
    const { body } = await server.ask(
      BOB,
      `{ task(id: ${id}) { title } tasks { nodes { user { id } } } me { tasks { nodes { title } } } }`,
    );
    expect(body.data.task).toBeNull();
    expect(body.data.tasks.nodes).toEqual([{ user: { id: BOB } }]);
    expect(body.data.me.tasks.nodes).toEqual([{ title: "Bob's" }]);
    expect(await row(id)).toEqual({ title: "Alice's", completed: false, user_id: ALICE });
  });

  test.each([
    ['update', 'updateTask(input: {id: ID, patch: {title: "Stolen"}}) { task { id } }'],
    ['delete', 'deleteTask(input: {id: ID}) { task { id } }'],
  ])('cannot %s it, and gets the answer of a missing task', async (_name, mutation) => {
    const answer = async (target: number) =>
      JSON.stringify(
        (await server.ask(BOB, `mutation { ${mutation.replace('ID', String(target))} }`)).body,
      );
    const foreign = await answer(id);
    const missing = await answer(id + 1_000_000);
    expect(JSON.parse(foreign).errors[0].extensions.code).toBe('NOT_FOUND');
    // Positions in the document differ with the length of the id.
    expect(foreign.replace(/"locations":\[[^\]]*\]/, '')).toBe(
      missing.replace(/"locations":\[[^\]]*\]/, ''),
    );
    expect(await row(id)).toEqual({ title: "Alice's", completed: false, user_id: ALICE });
  });
});

describe('nobody', () => {
  test('is 401 without a token, with a bare challenge', async () => {
    const { status, headers, body } = await server.ask(null, '{ tasks { totalCount } }');
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toBe('Bearer');
    expect(body.errors[0].extensions.code).toBe('UNAUTHENTICATED');
  });

  test('is 401 with a bad token, whatever is bad about it', async () => {
    const good = await server.token(ALICE);
    const [head = '', payload = '', signature = ''] = good.split('.');
    const other = (await server.token(BOB)).split('.')[1] ?? '';
    const bodies = new Set<string>();
    for (const token of [
      'x',
      'a.b.c',
      `${head}.${other}.${signature}`,
      `${head}.${payload}.`,
      `${good}=`,
      `${good} ${good}`,
    ]) {
      const { status, headers, body } = await server.ask(`Bearer ${token}`, '{ me { id } }');
      expect(status, token).toBe(401);
      expect(headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
      bodies.add(JSON.stringify(body));
    }
    expect(bodies.size).toBe(1);
    expect((await server.ask(`bearer ${good}`, '{ me { id } }')).body.data.me.id).toBe(ALICE);
  });
});

test.each([
  ['', 'title must be 1 to 200 characters.'],
  [' \t\n', 'title must not be blank.'],
  ['x'.repeat(201), 'title must be 1 to 200 characters.'],
])('a broken rule is a sentence about the field: title %j', async (title, message) => {
  const { body } = await server.ask(
    ALICE,
    'mutation ($title: String!) { createTask(input: {task: {title: $title}}) { task { id } } }',
    { title },
  );
  expect(body.errors).toMatchObject([
    { message, path: ['createTask'], extensions: { code: 'BAD_USER_INPUT' } },
  ]);
});

test('parallel first requests of one new person all succeed and make one row', async () => {
  const who = 31;
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => server.ask(who, '{ me { id } }')),
  );
  for (const { body } of answers) expect(body).toEqual({ data: { me: { id: who } } });
});

test('GraphiQL loads nothing from outside', async () => {
  const response = await fetch(`${server.url}/`, { headers: { accept: 'text/html' } });
  const html = await response.text();
  expect(response.status).toBe(200);
  const urls = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url ?? '');
  expect(urls.length).toBeGreaterThan(0);
  for (const url of urls) {
    expect(url).toMatch(/^(\/|data:)/);
    if (url.startsWith('/')) expect((await fetch(server.url + url)).status, url).toBe(200);
  }
});
