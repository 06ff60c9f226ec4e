/** The OpenAPI document: valid, complete, with the rules of the database, and typed clients can be made of it. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useTestDatabase } from '../support/database.ts';
import { ROOT } from '../support/process.ts';
import { restOf } from '../support/rest.ts';
import { useTestServer } from '../support/server.ts';

const database = useTestDatabase();
const server = useTestServer(database);
const production = useTestServer(database, { production: true, graphiqlAccounts: undefined });
const rest = restOf(server);

test('the document is valid OpenAPI 3.1, without a token, also in production', async () => {
  for (const { url } of [server, production]) {
    const response = await fetch(`${url}/api/openapi.json`);
    expect(response.headers.get('content-type')).toContain('application/json');
    const validator = new Validator();
    const { valid, errors } = await validator.validate(JSON.parse(await response.text()));
    expect(errors).toBeUndefined();
    expect([valid, validator.version]).toEqual([true, '3.1']);
  }
  expect((await fetch(`${production.url}/api/docs`)).status).toBe(401);
});

test('it has every route', async () => {
  const { paths } = await rest.document();
  const routes = Object.entries<object>(paths).flatMap(([path, item]) =>
    Object.keys(item)
      .filter((method) => method !== 'parameters')
      .map((method) => `${method} ${path}`),
  );
  expect(routes.sort()).toEqual([
    'delete /api/{user_id}/tasks/{id}',
    'get /api/{user_id}/rpc/me',
    'get /api/{user_id}/tasks',
    'get /api/{user_id}/tasks/{id}',
    'patch /api/{user_id}/tasks/{id}',
    'patch /api/{user_id}/tasks/{id}/complete',
    'post /api/{user_id}/rpc/clear_completed_tasks',
    'post /api/{user_id}/rpc/delete_me',
    'post /api/{user_id}/rpc/set_all_tasks_completed',
    'post /api/{user_id}/rpc/toggle_task',
    'post /api/{user_id}/tasks',
    'put /api/{user_id}/tasks/{id}',
  ]);
});

test('the schemas have the limits of the constraints and the comments of the columns', async () => {
  const { schemas } = (await rest.document()).components;
  expect(schemas.Task.required).toEqual(Object.keys(schemas.Task.properties));
  expect(schemas.TaskCreate).toEqual({
    type: 'object',
    required: ['title'],
    properties: {
      title: {
        type: 'string',
        minLength: 1,
        maxLength: 200,
        description: 'What is to be done: 1 to 200 characters, not blank.',
        examples: ['Some title'],
      },
      description: {
        type: ['string', 'null'],
        maxLength: 10_000,
        description: 'Details, if there are any: at most 10,000 characters.',
        examples: ['Some description'],
      },
      completed: { type: 'boolean', description: 'Whether it is done.', examples: [false] },
    },
    additionalProperties: false,
  });
  expect(schemas.TaskChange).toMatchObject({ minProperties: 1 });
  expect(schemas.Task.properties.updated_at).toMatchObject({ type: 'string', readOnly: true });
  expect(schemas.Task.properties.updated_at.description).toContain('the time of its creation');
});

test('an answer that does not meet its schema fails a test', async () => {
  const changed = restOf(server, ({ components, paths }) => {
    components.schemas.Task.properties.title = { type: 'integer' };
    delete paths['/api/{user_id}/tasks/{id}'].get.responses['404'];
  });
  const body = { title: 'a' };
  await expect(changed.ask(1, 'POST', '/api/1/tasks', { body })).rejects.toThrow('/title');
  await expect(changed.ask(1, 'GET', '/api/1/tasks/0')).rejects.toThrow('may be 404');
  expect((await changed.ask(1, 'GET', '/api/1/tasks?limit=0')).status).toBe(200);
});

describe('a client with types', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rowguard-typed-'));
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const run = (file: string, args: string[]) =>
    promisify(execFile)(process.execPath, [file, ...args], { cwd: folder }).catch((error) => {
      throw new Error(`${error.stdout}\n${error.stderr}`);
    });
  const compile = async (lines: string) => {
    writeFileSync(join(folder, 'client.ts'), CLIENT + lines);
    await run(join(ROOT, 'node_modules/typescript/bin/tsc'), [
      '--noEmit',
      '--strict',
      '--noUncheckedIndexedAccess',
      '--exactOptionalPropertyTypes',
      '--target',
      'es2022',
      '--module',
      'esnext',
      '--moduleResolution',
      'bundler',
      '--types',
      '',
      '--lib',
      'es2022,dom',
      'client.ts',
    ]);
  };

  const CLIENT = `
import createClient from 'openapi-fetch';
import type { paths } from './api.js';
const client = createClient<paths>({ baseUrl: 'http://127.0.0.1', headers: { authorization: 'Bearer x' } });
`;

  test('compiles in strict, and refuses what the API does not have', async () => {
    writeFileSync(join(folder, 'openapi.json'), JSON.stringify(await rest.document()));
    await run(join(ROOT, 'test/support/openapi-typescript.ts'), [
      join(folder, 'openapi.json'),
      join(folder, 'api.ts'),
    ]);
    await compile(`
const { data, error } = await client.GET('/api/{user_id}/tasks', {
  params: { path: { user_id: 'me' }, query: { status: 'pending', sort: 'title', limit: 10 } },
});
if (error) throw new Error(error.detail);
const titles: string[] = data.map(({ title }) => title);
const made = await client.POST('/api/{user_id}/tasks', {
  params: { path: { user_id: 1 }, header: { 'Idempotency-Key': 'k' } },
  body: { title: titles[0] ?? '' },
});
const id: number | undefined = made.data?.id;
const text: string | undefined = made.data?.updated_at;
await client.PATCH('/api/{user_id}/tasks/{id}/complete', { params: { path: { user_id: 1, id: id ?? 0 } } });
const { data: cleared } = await client.POST('/api/{user_id}/rpc/clear_completed_tasks', { params: { path: { user_id: 1 } } });
const count: number | undefined = cleared?.count;
// @ts-expect-error: title is missing
await client.POST('/api/{user_id}/tasks', { params: { path: { user_id: 1 } }, body: {} });
// @ts-expect-error: title is a text
await client.POST('/api/{user_id}/tasks', { params: { path: { user_id: 1 } }, body: { title: 1 } });
// @ts-expect-error: no such path
await client.GET('/api/{user_id}/lists', { params: { path: { user_id: 1 } } });
await client.GET('/api/{user_id}/tasks', {
  // @ts-expect-error: no such value
  params: { path: { user_id: 'me' }, query: { status: 'open' } },
});
export { count, text };
`);
  });
});
