/** Mistakes of a client that other layers would report as a fault of the server, or at another place. */
import { beforeAll, describe, expect, test } from 'vitest';
import { useTestDatabase } from '../../support/database.ts';
import { type TestServer, useTestServer } from '../../support/server.ts';
import { createTask, dataOf } from '../../support/tasks.ts';

const database = useTestDatabase();
const compiled = useTestServer(database);
const grafast = useTestServer(database, { executor: 'grafast' });

const WHO = 501;
let id = 0;
let byTitle = '';
beforeAll(async () => {
  ({ id } = await createTask(compiled, WHO, { title: 'one' }));
  const query = '{ tasks(orderBy: TITLE_ASC) { pageInfo { endCursor } } }';
  byTitle = dataOf(await compiled.ask(WHO, query)).tasks.pageInfo.endCursor;
});

describe.each([
  ['compiled', () => compiled],
  ['grafast', () => grafast],
])('%s', (_name, server: () => TestServer) => {
  test.each([
    ['subscription { x }', 'Cannot query field "x" on type "Subscription".'],
    [
      'subscription { taskChanged { kind } }',
      'Subscriptions are answered as a stream: send Accept: text/event-stream.',
    ],
  ])('%s without an event stream is bad input', async (query, message) => {
    const { body } = await server().ask(WHO, query);
    expect(body.data ?? null).toBeNull();
    expect(body.errors).toMatchObject([{ message, extensions: { code: 'BAD_USER_INPUT' } }]);
  });

  const BY_ID = 'query ($id: Int = 1000000) { task(id: $id) { title } }';

  test.each([
    ['an argument', BY_ID, { id: null }],
    ['a directive', 'query ($on: Boolean = true) { me { id @include(if: $on) } }', { on: null }],
    [
      'a fragment',
      'query ($id: Int = 1) { ...F } fragment F on Query { task(id: $id) { id } }',
      { id: null },
    ],
    [
      'a member of an input',
      'mutation ($t: String = "x") { createTask(input: { task: { title: $t } }) { task { id } } }',
      { t: null },
    ],
  ])('null for a variable with a default value, in %s', async (_what, query, variables) => {
    const { status, body } = await server().ask(WHO, query, variables);
    expect([status, body.data]).toEqual([400, undefined]);
    expect(body.errors).toMatchObject(
      [{ message: /must not be null here/, extensions: { code: 'BAD_USER_INPUT' } }].map(
        (error) => ({ ...error, message: expect.stringMatching(error.message) }),
      ),
    );
  });

  test('the same variables are good with a value, and left out', async () => {
    const good = await server().ask(WHO, BY_ID, { id });
    expect(good.body).toEqual({ data: { task: { title: 'one' } } });
    expect((await server().ask(WHO, BY_ID, {})).body).toEqual({ data: { task: null } });
  });

  test('null is good where it is allowed', async () => {
    const query = 'query ($n: Int = 1) { tasks(first: $n) { nodes { id } } }';
    const { body } = await server().ask(WHO, query, { n: null });
    expect(body).toEqual({ data: { tasks: { nodes: [{ id }] } } });
  });

  const wrong = '{ totalCount nodes { id } }';
  test.each<[string, (string | number)[], object?]>([
    [`{ me { a: tasks(after: "x") ${wrong} b: tasks ${wrong} } }`, ['me', 'a']],
    [`{ me { b: tasks ${wrong} a: tasks(before: "x") ${wrong} } }`, ['me', 'a']],
    [`{ i: me { id } m: me { tasks(after: "x") ${wrong} } }`, ['m', 'tasks']],
    [`{ a: tasks(after: "x") ${wrong} b: tasks ${wrong} }`, ['a']],
    [`{ me { ...F } } fragment F on User { a: tasks(after: "x") ${wrong} }`, ['me', 'a']],
    [`{ me { ... { a: tasks(first: -1) ${wrong} } b: tasks(first: 1) ${wrong} } }`, ['me', 'a']],
    [`{ me { b: tasks(last: 1) ${wrong} a: tasks(last: 999) ${wrong} } }`, ['me', 'a']],
    [
      `query ($c: Cursor) { me { b: tasks ${wrong} a: tasks(after: $c) ${wrong} } }`,
      ['me', 'a'],
      { c: 'x' },
    ],
    [`query ($n: Int) { me { a: tasks(first: $n) ${wrong} } }`, ['me', 'a'], { n: 201 }],
    [`{ me { a: tasks(after: "CURSOR") ${wrong} } }`, ['me', 'a']],
    [`{ tasks { nodes { user { a: tasks(first: -1) ${wrong} } } } }`, ['tasks', 'nodes']],
  ])('%s: the path is %j', async (query, path, variables) => {
    const { body } = await server().ask(WHO, query.replace('CURSOR', byTitle), variables);
    expect(body.errors).toHaveLength(1);
    expect(body.errors[0]).toMatchObject({ path, extensions: { code: 'BAD_USER_INPUT' } });
    const { line, column } = body.errors[0].locations[0];
    expect(line).toBe(1);
    expect(query.slice(column - 1)).toMatch(/^(a: )?tasks\((after|before|first|last): /);
  });

  test('none of this is in the log', () => expect(server().log).toEqual([]));
});
