/** Every route of a table over real HTTP, on the table task. Answers are compared with the OpenAPI document. */
import { describe, expect, test } from 'vitest';
import { useTestDatabase } from '../support/database.ts';
import { type RestAnswer, restOf } from '../support/rest.ts';
import { useTestServer } from '../support/server.ts';

const database = useTestDatabase();
const server = useTestServer(database);
const rest = restOf(server);

const create = async (who: number, body: object, headers = {}): Promise<RestAnswer> => {
  const answer = await rest.ask(who, 'POST', '/api/me/tasks', { body, headers });
  expect(answer.status).toBe(201);
  return answer;
};

const titles = (answer: RestAnswer): string[] =>
  answer.body.map(({ title }: { title: string }) => title);

describe('a new task', () => {
  test('is 201 with the row, its ETag and its path', async () => {
    const { body, headers } = await create(1, { title: 'one', description: null });
    expect(Object.keys(body)).toEqual([
      'id',
      'title',
      'description',
      'completed',
      'user_id',
      'created_at',
      'updated_at',
    ]);
    expect(body).toMatchObject({ title: 'one', description: null, completed: false, user_id: 1 });
    expect(headers.get('location')).toBe(`/api/me/tasks/${body.id}`);
    const read = await rest.ask(1, 'GET', headers.get('location') ?? '');
    expect(read.body).toEqual(body);
    expect(read.headers.get('etag')).toBe(headers.get('etag'));
  });

  test('has the time of its creation as updated_at, and in the database none', async () => {
    const { body } = await create(1, { title: 'new' });
    expect(body.updated_at).toBe(body.created_at);
    const query = `{ task(id: ${body.id}) { createdAt updatedAt } }`;
    const { task } = (await server.ask(1, query)).body.data;
    expect(task).toEqual({ createdAt: body.created_at, updatedAt: null });
  });

  test('is made once with an Idempotency-Key', async () => {
    const headers = { 'idempotency-key': 'key 1' };
    const first = await create(2, { title: 'once' }, headers);
    const second = await create(2, { title: 'once' }, headers);
    expect(second.body).toEqual(first.body);
    const other = await rest.ask(2, 'POST', '/api/2/tasks', { body: { title: 'other' }, headers });
    expect(other.status).toBe(409);
    expect(other.body).toMatchObject({ code: 'CONFLICT', reason: 'KEY_REUSED' });
    expect((await rest.ask(2, 'GET', '/api/2/tasks')).body).toHaveLength(1);
  });

  test('belongs to the person, whatever the body says', async () => {
    const theirs = { title: 'planted', user_id: 4 };
    const refused = await rest.ask(3, 'POST', '/api/3/tasks', { body: theirs });
    expect(refused.status).toBe(422);
    expect(refused.body).toMatchObject({ reason: 'READ_ONLY_FIELD', field: 'user_id' });
    for (const user_id of [3, '3']) await create(3, { title: 'mine', user_id });
    const { rows } = await database.privileged.query(
      "select user_id from public.task where title in ('planted', 'mine')",
    );
    expect(rows).toEqual([{ user_id: 3 }, { user_id: 3 }]);
  });
});

describe('a list', () => {
  const WHO = 10;
  const list = (query: string) => rest.ask(WHO, 'GET', `/api/${WHO}/tasks${query}`);

  test('is a bare array, newest first, with the number of rows', async () => {
    for (const [title, completed] of [
      ['banana', false],
      ['apple', true],
      ['cherry', false],
    ])
      await create(WHO, { title, completed });
    const answer = await list('');
    expect(titles(answer)).toEqual(['cherry', 'apple', 'banana']);
    expect(answer.headers.get('x-total-count')).toBe('3');
    expect(answer.headers.get('link')).toBeNull();
  });

  test.each([
    ['?completed=true', ['apple']],
    ['?completed=false', ['cherry', 'banana']],
    ['?status=all', ['cherry', 'apple', 'banana']],
    ['?status=pending', ['cherry', 'banana']],
    ['?status=completed', ['apple']],
    ['?search=AN', ['banana']],
    ['?q=an', ['banana']],
    ['?sort=title', ['apple', 'banana', 'cherry']],
    ['?sort=title&order=desc', ['cherry', 'banana', 'apple']],
    ['?sort_by=created&order=asc', ['banana', 'apple', 'cherry']],
    ['?sort=created_at&order=DESC', ['cherry', 'apple', 'banana']],
    ['?order=asc', ['banana', 'apple', 'cherry']],
    ['?created_since=2020-01-01T00:00:00+00:00', ['cherry', 'apple', 'banana']],
    ['?created_before=2020-01-01T00:00:00Z', []],
    ['?description_is_null=false', []],
    ['?updated_is_null=1&limit=2', ['cherry', 'apple']],
    ['?limit=0', []],
    ['?skip=1', ['apple', 'banana']],
    ['?skip=1&limit=1', ['apple']],
    ['?search=', ['cherry', 'apple', 'banana']],
  ])('%s', async (query, expected) => {
    expect(titles(await list(query))).toEqual(expected);
  });

  test.each([
    ['?limit=1', 3],
    ['?limit=1&completed=false', 2],
    ['?skip=1&limit=1', 3],
    ['?limit=0', 3],
    ['?completed=true', 1],
  ])('%s counts the rows of all pages', async (query, count) => {
    expect((await list(query)).headers.get('x-total-count')).toBe(String(count));
  });

  test('has a link to the next page, until the last one', async () => {
    const seen: string[] = [];
    let next: string | undefined = `/api/me/tasks?limit=2&sort=title&order=asc`;
    while (next) {
      const answer: RestAnswer = await rest.ask(WHO, 'GET', next);
      seen.push(...titles(answer));
      expect(answer.headers.get('x-total-count')).toBe('3');
      next = /^<(\/api\/me\/tasks\?.*)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1];
    }
    expect(seen).toEqual(['apple', 'banana', 'cherry']);
  });

  test('has at most 1,000 rows, and says how many there are', async () => {
    await rest.ask(11, 'GET', '/api/me/tasks');
    await database.privileged.query(
      `insert into public.task (title, user_id) select 'task ' || n, 11 from generate_series(1, 1002) as n`,
    );
    const { body, headers } = await rest.ask(11, 'GET', '/api/me/tasks');
    expect(body).toHaveLength(1000);
    expect(headers.get('x-total-count')).toBe('1002');
    const path = /^<(.*)>/.exec(headers.get('link') ?? '')?.[1] ?? '';
    expect(titles(await rest.ask(11, 'GET', path))).toEqual(['task 2', 'task 1']);
    // A client of GraphQL keeps its own limit, also with the same document.
    const { errors } = (await server.ask(11, '{ tasks(first: 1000) { nodes { id } } }')).body;
    expect(errors[0].message).toBe('first must be from 0 to 200.');
  });

  test.each([
    ['?limit=1001', 'limit', 'limit must be a whole number from 0 to 1000.'],
    ['?limit=-1', 'limit', 'limit must be a whole number from 0 to 1000.'],
    ['?limit=ten', 'limit', 'limit must be a whole number from 0 to 1000.'],
    ['?skip=900&limit=200', 'skip', 'skip and limit together are at most 1000. Use after.'],
    ['?completed=maybe', 'completed', 'completed must be true or false.'],
    ['?status=open', 'status', 'status must be all, pending or completed.'],
    ['?order=up', 'order', 'order must be asc or desc.'],
    ['?after=nonsense', 'after', 'after must be the value of a Link of this list.'],
    ['?search=a&search=b', 'search', 'search may be given once.'],
    ['?search=a&q=b', 'q', 'q may be given once.'],
    ['?complete=true', 'complete', 'There is no such parameter.'],
    ['?sort=user_id', 'sort', 'sort must be one of: id, title, completed, created_at, updated_at.'],
    [
      '?created_since=yesterday',
      'created_since',
      'created_since must be a time with a time zone, such as 2026-01-31T09:30:00Z.',
    ],
  ])('%s is refused', async (query, field, detail) => {
    const answer = await list(query);
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ code: 'BAD_USER_INPUT', field, detail });
  });
});

describe('a change', () => {
  const WHO = 20;
  const fresh = async () => (await create(WHO, { title: 'a', description: 'b' })).body;
  const send = (method: string, id: number, body?: unknown, headers = {}) =>
    rest.ask(WHO, method, `/api/me/tasks/${id}`, { ...(body !== undefined && { body }), headers });

  test('PUT empties what is left out, and keeps what cannot be empty', async () => {
    const { id } = await fresh();
    await send('PATCH', id, { completed: true });
    const { status, body } = await send('PUT', id, { title: 'c' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ title: 'c', description: null, completed: true });
  });

  test('PUT accepts the whole row back', async () => {
    const row = await fresh();
    const { status, body } = await send('PUT', row.id, { ...row, title: 'd' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ ...row, title: 'd', updated_at: expect.anything() });
    expect(body.updated_at).not.toBe(row.updated_at);
  });

  test('PATCH changes what is sent; null empties', async () => {
    const { id } = await fresh();
    expect((await send('PATCH', id, { completed: true })).body).toMatchObject({
      title: 'a',
      description: 'b',
      completed: true,
    });
    expect((await send('PATCH', id, { description: null })).body.description).toBeNull();
  });

  test.each(['PUT', 'PATCH', 'DELETE'])('%s with an old ETag is 412', async (method) => {
    const { id } = await fresh();
    const old = (await send('GET', id)).headers.get('etag') ?? '';
    const body = method === 'DELETE' ? undefined : { title: 'mine' };
    const first = await send('PATCH', id, { title: 'theirs' }, { 'if-match': old });
    expect(first.status).toBe(200);
    const stale = await send(method, id, body, { 'if-match': old });
    expect(stale.status).toBe(412);
    const { body: now } = await send('GET', id);
    expect(now.title).toBe('theirs');
    expect(stale.body).toMatchObject({ code: 'CONFLICT', reason: 'STALE', current: now });
    const tag = first.headers.get('etag') ?? '';
    expect((await send(method, id, body, { 'if-match': tag })).status).toBeLessThan(300);
  });

  test.each([
    ['*', 200],
    ['"nonsense"', 412],
    ['W/"new"', 412],
    ['"new", "other"', 400],
  ])('If-Match: %s', async (tag, status) => {
    const { id } = await fresh();
    expect((await send('PATCH', id, { title: 'x' }, { 'if-match': tag })).status).toBe(status);
  });

  test('If-None-Match of the same state is 304', async () => {
    const { id } = await fresh();
    const tag = (await send('GET', id)).headers.get('etag') ?? '';
    for (const given of [tag, `W/${tag}`, `"x", ${tag}`, '*']) {
      const answer = await send('GET', id, undefined, { 'if-none-match': given });
      expect([answer.status, answer.text, answer.headers.get('etag')]).toEqual([304, '', tag]);
    }
    expect((await send('GET', id, undefined, { 'if-none-match': '"x"' })).status).toBe(200);
  });

  test('DELETE is 204, and then 404', async () => {
    const { id } = await fresh();
    const gone = await send('DELETE', id);
    expect([gone.status, gone.text]).toEqual([204, '']);
    for (const method of ['DELETE', 'GET']) expect((await send(method, id)).status).toBe(404);
    expect((await send('PATCH', id, { title: 'x' })).status).toBe(404);
  });

  test.each([
    ['PUT', {}, 'title', 'REQUIRED'],
    ['PUT', { title: null }, 'title', 'REQUIRED'],
    ['PATCH', { title: null }, 'title', 'REQUIRED'],
    ['PATCH', { title: 5 }, 'title', 'WRONG_TYPE'],
    ['PATCH', { completed: 'yes' }, 'completed', 'WRONG_TYPE'],
    ['PATCH', { priority: 1 }, 'priority', 'UNKNOWN_FIELD'],
    ['PATCH', { title: '' }, 'title', 'RULE'],
    ['PATCH', { title: 'x'.repeat(201) }, 'title', 'RULE'],
    ['PATCH', { description: 'x'.repeat(10_001) }, 'description', 'RULE'],
    ['PATCH', { user_id: 21 }, 'user_id', 'READ_ONLY_FIELD'],
    ['PATCH', {}, undefined, 'REQUIRED'],
    ['PATCH', { id: 5 }, undefined, 'REQUIRED'],
  ])('%s %j is 422', async (method, body, field, reason) => {
    const { id } = await fresh();
    const before = (await send('GET', id)).body;
    const answer = await send(method, id, body);
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ code: 'BAD_USER_INPUT', reason });
    expect(answer.body.field).toBe(field);
    expect((await send('GET', id)).body).toEqual(before);
  });
});

describe('complete', () => {
  const WHO = 30;
  const complete = (id: number, body?: unknown, headers = {}) =>
    rest.ask(WHO, 'PATCH', `/api/${WHO}/tasks/${id}/complete`, {
      ...(body !== undefined && { body }),
      headers,
    });

  test('without a body toggles; with one sets', async () => {
    const { id } = (await create(WHO, { title: 'a' })).body;
    const states = [undefined, undefined, {}, { completed: true }, { completed: true }];
    const seen: boolean[] = [];
    for (const body of states) seen.push((await complete(id, body)).body.completed);
    expect(seen).toEqual([true, false, true, true, true]);
  });

  test('is exact under twenty requests at once', async () => {
    const { id } = (await create(WHO, { title: 'b' })).body;
    const answers = await Promise.all(Array.from({ length: 20 }, () => complete(id)));
    expect(answers.filter(({ body }) => body.completed === true)).toHaveLength(10);
    expect((await rest.ask(WHO, 'GET', `/api/me/tasks/${id}`)).body.completed).toBe(false);
    expect((await complete(id)).body.completed).toBe(true);
  });

  test('is refused for a task that is not there, and for another value', async () => {
    const { id } = (await create(WHO, { title: 'c' })).body;
    expect((await complete(0)).status).toBe(404);
    expect((await complete(id, { title: 'd' })).body).toMatchObject({ field: 'title' });
    expect((await complete(id, undefined, { 'if-match': '"x"' })).status).toBe(400);
    expect((await complete(id, { completed: true }, { 'if-match': '"x"' })).status).toBe(412);
    expect((await complete(id, { completed: true }, { 'if-match': '"new"' })).status).toBe(200);
  });
});

describe('functions', () => {
  test('a mutation is POST, with the names of SQL', async () => {
    for (const title of ['a', 'b']) await create(40, { title });
    const call = (name: string, sent = {}) => rest.ask(40, 'POST', `/api/40/rpc/${name}`, sent);
    const all = await call('set_all_tasks_completed', { body: { completed: true } });
    expect([all.status, all.body]).toEqual([200, { count: 2, ids: expect.any(Array) }]);
    expect((await call('clear_completed_tasks')).body).toEqual({ count: 2, ids: all.body.ids });
    expect((await call('set_all_tasks_completed')).body).toMatchObject({ field: 'completed' });
    expect((await call('clear_completed_tasks', { body: { x: 1 } })).status).toBe(422);
    expect((await call('claim_create')).status).toBe(404);
    expect((await rest.ask(40, 'GET', '/api/40/rpc/clear_completed_tasks')).status).toBe(405);
  });

  test('a query is GET', async () => {
    const { body } = await rest.ask(40, 'GET', '/api/me/rpc/me');
    expect(body).toMatchObject({ id: 40, email: 'user40@example.com' });
  });
});
