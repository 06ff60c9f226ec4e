/** The schema without a token: in development for tools, in production for nobody, and never anything else. */
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { buildClientSchema, getIntrospectionQuery, printSchema } from 'postgraphile/graphql';
import { describe, expect, test } from 'vitest';
import { useTestDatabase } from '../support/database.ts';
import { shippedRoot } from '../support/process.ts';
import { useTestServer } from '../support/server.ts';

const database = useTestDatabase();
const server = useTestServer(database);
const production = useTestServer(database, { production: true, graphiqlAccounts: undefined });

const SDL = readFileSync(join(shippedRoot(), 'test/app/schema.graphql'), 'utf8');

/** fetch() adds `Cache-Control: no-cache` to a request with If-None-Match. */
const statusFor = (url: string, etag: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    get(`${url}/schema.graphql`, { headers: { 'if-none-match': etag } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  });

const post = (url: string, body: string, headers: Record<string, string> = {}) =>
  fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });

describe('GET /schema.graphql', () => {
  test('is the API as text, without a token', async () => {
    const response = await fetch(`${server.url}/schema.graphql`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await response.text()).toBe(SDL);
  });
  test('is 304 for the ETag that it came with', async () => {
    const first = await fetch(`${server.url}/schema.graphql`);
    expect(await statusFor(server.url, first.headers.get('etag') ?? '')).toBe(304);
    expect(await statusFor(server.url, '"other"')).toBe(200);
  });
  test('is 404 in production, with a token or without', async () => {
    const authorization = `Bearer ${await production.token(1)}`;
    for (const headers of [{}, { authorization }]) {
      const response = await fetch(`${production.url}/schema.graphql`, { headers });
      expect(response.status).toBe(404);
      expect(await response.text()).not.toContain('type Query');
    }
  });
  test('cannot be read by a page of another site', async () => {
    const response = await fetch(`${server.url}/schema.graphql`, {
      headers: { origin: 'https://evil.example' },
    });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('introspection without a token', () => {
  const query = getIntrospectionQuery({ inputValueDeprecation: true });

  test('gives the whole schema in development', async () => {
    const { status, body } = await server.ask(null, query);
    expect(status).toBe(200);
    expect(`${printSchema(buildClientSchema(body.data))}\n`.length).toBe(SDL.length);
  });
  test('gives the same as with a token', async () => {
    const open = await server.ask(null, query);
    expect(open.body).toEqual((await server.ask(1, query)).body);
  });
  test.each([
    ['named, with variables', 'query A($n: String!) { __type(name: $n) { name } }', { n: 'Task' }],
    [
      'through a fragment',
      'query { ...A } fragment A on Query { __type(name: "Task") { name } }',
      {},
    ],
    ['beside __typename', '{ __typename __type(name: "Task") { name __typename } }', {}],
  ])('works %s', async (_how, text, variables) => {
    const { status, body } = await server.ask(null, text, variables);
    expect(status).toBe(200);
    expect(body.data.__type.name).toBe('Task');
  });
  test('answers in the media type that the client accepts', async () => {
    const body = JSON.stringify({ query: '{ __schema { queryType { name } } }' });
    const accept = 'application/graphql-response+json';
    const response = await post(server.url, body, { accept });
    expect(response.headers.get('content-type')).toContain(accept);
    expect(await response.json()).toEqual({ data: { __schema: { queryType: { name: 'Query' } } } });
  });

  const OTHERS: [string, string][] = [
    ['a row', '{ me { id } }'],
    ['a row beside the schema', '{ __schema { queryType { name } } me { id } }'],
    [
      'a row in a fragment',
      '{ __schema { queryType { name } } ...A } fragment A on Query { me { id } }',
    ],
    ['a row that is skipped', '{ __schema { queryType { name } } me @skip(if: true) { id } }'],
    [
      'a row in another operation',
      'query A { __schema { queryType { name } } } query B { me { id } }',
    ],
    ['a mutation', 'mutation { deleteMe { user { id } } }'],
    ['the schema in a mutation', 'mutation { __schema { queryType { name } } }'],
    ['the type alone', '{ __typename }'],
    ['a field that does not exist', '{ __schema { nothing } }'],
    [
      'nested types without end',
      '{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }',
    ],
    ['broken text', '{ __schema {'],
  ];
  test.each(OTHERS)('does not help to ask for %s', async (_what, text) => {
    const { status, body, headers } = await server.ask(null, text);
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toBe('Bearer');
    expect(body.errors[0].extensions.code).toBe('UNAUTHENTICATED');
    expect(body).not.toHaveProperty('data');
  });
  test.each([
    ['no JSON', 'text', {}],
    ['a list', JSON.stringify([{ query }]), {}],
    ['another media type', JSON.stringify({ query }), { 'content-type': 'text/plain' }],
    [
      'more bytes than allowed',
      JSON.stringify({ query, variables: { a: 'x'.repeat(200_000) } }),
      {},
    ],
    ['a token that is not valid', JSON.stringify({ query }), { authorization: 'Bearer x' }],
  ])('is refused with %s', async (_what, body, headers) => {
    expect((await post(server.url, body, headers)).status).toBe(401);
  });

  test('is refused in production', async () => {
    for (const text of [query, '{ __schema { queryType { name } } }']) {
      const { status, body } = await production.ask(null, text);
      expect(status).toBe(401);
      expect(body).not.toHaveProperty('data');
    }
  });
});

test('the schema without a token follows a change of the database', async () => {
  const asks = () => server.ask(null, '{ __type(name: "Task") { fields { name } } }');
  const names = async () =>
    (await asks()).body.data.__type.fields.map(({ name }: { name: string }) => name);
  expect(await names()).not.toContain('place');
  await database.owner.query("alter table task add place text check (place <> '')");
  await server.reload();
  expect(await names()).toContain('place');
  const response = await fetch(`${server.url}/schema.graphql`);
  expect(await response.text()).toContain('place: String');
});
