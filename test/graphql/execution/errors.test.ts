/** What a client learns when something goes wrong, and what it never learns. */
import { describe, expect, test } from 'vitest';
import { connect, useTestDatabase } from '../../support/database.ts';
import { UNLESS_BUSY } from '../../support/retry.ts';
import { type Answer, useTestServer } from '../../support/server.ts';
import { createTask, dataOf, errorOf } from '../../support/tasks.ts';

const database = useTestDatabase();
const server = useTestServer(database, { statementTimeoutMs: 300, poolSize: 2, poolWaitMs: 300 });
const production = useTestServer(database, { graphiqlAccounts: undefined });

/** Words of SQL, of this schema's insides and of a stack. */
const INSIDE =
  /select |insert |update |public\.|app_private|todo_|constraint|violat|relation|syntax at|_length|_pkey|\bat .*\(.*:\d+/i;

const codeAndStatus = ({ status, body }: Answer) => [status, body.errors?.[0].extensions.code];

async function post(body: string, headers: Record<string, string> = {}, method = 'POST') {
  const response = await fetch(`${server.url}/graphql`, {
    method,
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${await server.token(71)}`,
      ...headers,
    },
    body: method === 'GET' || method === 'HEAD' ? undefined : body,
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

describe('every answer is GraphQL’s, with a code', () => {
  const OK = JSON.stringify({ query: '{ me { id } }' });
  test('the control: this request is answered', async () =>
    expect(await post(OK)).toMatchObject({ status: 200, body: { data: { me: { id: 71 } } } }));

  const CASES: [what: string, send: () => Promise<Answer>, status: number, code: string][] = [
    ['no token', () => server.ask(null, '{ me { id } }'), 401, 'UNAUTHENTICATED'],
    ['a bad token', () => server.ask('Bearer x', '{ me { id } }'), 401, 'UNAUTHENTICATED'],
    ['no JSON', () => post('{'), 400, 'BAD_USER_INPUT'],
    ['nothing', () => post(''), 400, 'BAD_USER_INPUT'],
    ['a list of operations', () => post(`[${OK}]`), 400, 'BAD_USER_INPUT'],
    ['a query that is no text', () => post('{"query": 1}'), 400, 'BAD_USER_INPUT'],
    [
      'variables that are a list',
      () => post('{"query":"{me{id}}","variables":[]}'),
      400,
      'BAD_USER_INPUT',
    ],
    ['a syntax error', () => server.ask(71, '{ me { id '), 400, 'BAD_USER_INPUT'],
    ['an unknown field', () => server.ask(71, '{ nope }'), 400, 'BAD_USER_INPUT'],
    ['a wrong argument', () => server.ask(71, '{ task(id: "x") { id } }'), 400, 'BAD_USER_INPUT'],
    [
      'a wrong variable',
      () => server.ask(71, 'query ($i: Int!) { task(id: $i) { id } }', { i: 'x' }),
      400,
      'BAD_USER_INPUT',
    ],
    [
      'an id out of range',
      () => server.ask(71, '{ task(id: 3000000000) { id } }'),
      400,
      'BAD_USER_INPUT',
    ],
    [
      'an unknown operation',
      () => post('{"query":"query a {me{id}}","operationName":"b"}'),
      400,
      'BAD_USER_INPUT',
    ],
    [
      'a form',
      () => post('query=x', { 'content-type': 'application/x-www-form-urlencoded' }),
      415,
      'BAD_USER_INPUT',
    ],
    ['plain text', () => post(OK, { 'content-type': 'text/plain' }), 415, 'BAD_USER_INPUT'],
    [
      'another charset',
      () => post(OK, { 'content-type': 'application/json; charset=utf-16' }),
      415,
      'BAD_USER_INPUT',
    ],
    ['compression', () => post(OK, { 'content-encoding': 'gzip' }), 415, 'BAD_USER_INPUT'],
    ['only XML in return', () => post(OK, { accept: 'text/xml' }), 406, 'BAD_USER_INPUT'],
    ['GET', () => post('', { accept: 'application/json' }, 'GET'), 405, 'BAD_USER_INPUT'],
    ['PUT', () => post(OK, {}, 'PUT'), 405, 'BAD_USER_INPUT'],
    [
      'too many bytes',
      () => post(JSON.stringify({ query: `{ me { id } } #${'x'.repeat(100_000)}` })),
      413,
      'TOO_COMPLEX',
    ],
  ];
  test.each(CASES)('%s', async (_what, send, status, code) => {
    const answer = await send();
    expect(codeAndStatus(answer)).toEqual([status, code]);
    expect(answer.headers.get('content-type')).toMatch(/json/);
    expect(JSON.stringify(answer.body)).not.toMatch(INSIDE);
  });

  test('a path that is not there', async () => {
    const response = await fetch(`${server.url}/nothing`);
    const body = (await response.json()) as Answer['body'];
    expect([response.status, body.errors[0].extensions.code]).toEqual([404, 'NOT_FOUND']);
  });
  test('405 says which method is there', async () =>
    expect((await post('', { accept: 'application/json' }, 'GET')).headers.get('allow')).toBe(
      'POST',
    ));
});

test('an error keeps its path, and the other fields their values', async () => {
  const { id } = await createTask(server, 72, { title: 'a' });
  const answer = await server.ask(
    72,
    `mutation { good: updateTask(input: {id: ${id}, patch: {title: "b"}}) { task { title } }
      bad: updateTask(input: {id: ${id}, patch: {title: ""}}) { task { title } } }`,
  );
  expect(answer.status).toBe(200);
  expect(answer.body.data).toEqual({ good: { task: { title: 'b' } }, bad: null });
  expect(answer.body.errors).toEqual([
    {
      message: 'title must be 1 to 200 characters.',
      path: ['bad'],
      locations: [{ line: 2, column: 7 }],
      extensions: { code: 'BAD_USER_INPUT', field: 'title' },
    },
  ]);
});

test('what is not known is INTERNAL, with an id under which the log has all of it', async () => {
  // A fault that only the owner of the database can make.
  await database.privileged.query('revoke select on public.task from todo_user');
  try {
    const answer = await server.ask(71, '{ tasks { nodes { id } } }');
    const [error] = answer.body.errors;
    expect(error).toMatchObject({
      message: 'Something went wrong on our side.',
      path: ['tasks'],
      extensions: { code: 'INTERNAL' },
    });
    expect(JSON.stringify(answer.body)).not.toMatch(INSIDE);
    const line = server.log.find((text) => text.includes(error.extensions.errorId));
    expect(line).toContain('permission denied for table task');
  } finally {
    await database.privileged.query('grant select on public.task to todo_user');
  }
});

test(
  'a statement that takes too long is TIMEOUT and, where nothing else was served, HTTP 504',
  UNLESS_BUSY,
  async () => {
    const { id } = await createTask(server, 73, { title: 'a' });
    await database.privileged.query('begin');
    try {
      await database.privileged.query('select from public.task where id = $1 for update', [id]);
      const change = `updateTask(input: {id: ${id}, patch: {title: "b"}}) { task { id } }`;
      const alone = await server.ask(73, `mutation { ${change} }`);
      expect(codeAndStatus(alone)).toEqual([504, 'TIMEOUT']);
      const beside = await server.ask(
        73,
        `mutation { createTask(input: {task: {title: "b"}}) { task { id } } ${change} }`,
      );
      expect(codeAndStatus(beside)).toEqual([200, 'TIMEOUT']);
    } finally {
      await database.privileged.query('rollback');
    }
  },
);

test('a pool without a free connection is UNAVAILABLE, HTTP 503 with Retry-After, and recovers', async () => {
  const { id } = await createTask(server, 74, { title: 'a' });
  await database.privileged.query('begin');
  await database.privileged.query('select from public.task where id = $1 for update', [id]);
  const change = `mutation { updateTask(input: {id: ${id}, patch: {title: "b"}}) { task { id } } }`;
  const answers = await Promise.all(Array.from({ length: 6 }, () => server.ask(74, change)));
  await database.privileged.query('rollback');
  const refused = answers.find(({ status }) => status === 503);
  expect(refused?.body.errors[0].extensions.code).toBe('UNAVAILABLE');
  expect(refused?.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  dataOf(await server.ask(74, change));
});

test('a database that is gone is UNAVAILABLE and 503, for old and new people; it recovers by itself', async () => {
  dataOf(await server.ask(75, '{ me { id } }'));
  const admin = await connect(database.urls.root);
  try {
    await admin.query(`alter database ${database.name} connection limit 0`);
    await admin.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'todo_authenticator' and datname = current_database() and application_name = 'rowguard'",
    );
    for (const who of [75, 7500]) {
      const answer = await server.ask(who, '{ me { id } }');
      expect(codeAndStatus(answer)).toEqual([503, 'UNAVAILABLE']);
      expect(answer.headers.get('retry-after')).toBe('2');
      expect(JSON.stringify(answer.body)).not.toMatch(INSIDE);
    }
  } finally {
    await admin.query(`alter database ${database.name} connection limit -1`);
    await admin.end();
  }
  await expect.poll(async () => (await server.ask(75, '{ me { id } }')).status).toBe(200);
});

describe('in production', () => {
  test('introspection is refused', async () => {
    const answer = await production.ask(71, '{ __schema { types { name } } }');
    expect(codeAndStatus(answer)).toEqual([400, 'BAD_USER_INPUT']);
    expect(dataOf(await production.ask(71, '{ __typename }')).__typename).toBe('Query');
  });
  test.each([
    ['{ mee { id } }', {}],
    ['{ me { emial } }', {}],
    ['{ tasks(orderBy: TITLE_ASCC) { totalCount } }', {}],
    ['query ($o: [TaskOrderBy!]) { tasks(orderBy: $o) { totalCount } }', { o: ['TITLE_ASCC'] }],
    [
      'query ($c: TaskCondition) { tasks(condition: $c) { totalCount } }',
      { c: { complete: true } },
    ],
  ])('nothing is suggested: %s', async (query, variables) => {
    const [code, message] = errorOf(await production.ask(71, query, variables));
    expect(code).toBe('BAD_USER_INPUT');
    expect(message).not.toMatch(/did you mean/i);
  });
  test('outside of it a wrong name is answered with the right one', async () =>
    expect(errorOf(await server.ask(71, '{ mee { id } }'))[1]).toContain('Did you mean "me"?'));
  test.each(['/', '/graphql', '/graphiql', '/ruru-static/', '/ruru-static/ruru.js', '/index.html'])(
    'there is no GraphiQL at %s',
    async (path) => {
      const headers = { accept: 'text/html,*/*' };
      const there = await fetch(`${production.url}${path}`, { headers });
      expect([404, 405]).toContain(there.status);
      expect(there.headers.get('content-type')).toMatch(/json/);
      expect(await there.text()).not.toMatch(/graphiql|ruru/i);
    },
  );
  test('outside of it there is', async () => {
    const page = await fetch(`${server.url}/`, { headers: { accept: 'text/html' } });
    expect(page.status).toBe(200);
    expect(await page.text()).toMatch(/ruru/);
  });
});
