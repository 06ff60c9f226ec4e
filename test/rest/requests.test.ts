/** Requests that REST refuses, and what HTTP asks of every path: methods, media types, CORS, HEAD, OPTIONS. */
import { request as httpRequest } from 'node:http';
import { describe, expect, test } from 'vitest';
import { useTestDatabase } from '../support/database.ts';
import { restOf } from '../support/rest.ts';
import { useTestServer } from '../support/server.ts';

const database = useTestDatabase();
const server = useTestServer(database, { corsOrigins: ['https://app.example.com'] });
const limited = useTestServer(database, { requestsPerMinute: 2, maxRequestBytes: 1000 });
const off = useTestServer(database, { rest: false });
const rest = restOf(server);
const restLimited = restOf(limited);

describe('whose path it is', () => {
  test.each([
    ['GET', '/api/1/tasks'],
    ['POST', '/api/me/tasks'],
    ['DELETE', '/api/1/tasks/1'],
    ['GET', '/api/1/nothing'],
    ['GET', '/api'],
  ])('%s %s without a token is 401', async (method, path) => {
    const answer = await rest.ask(null, method, path);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect(answer.body).toEqual({
      title: 'Unauthorized',
      status: 401,
      detail: 'Send a token: Authorization: Bearer <token>.',
      code: 'UNAUTHENTICATED',
    });
  });

  test('another id is 403, the same for a person who exists as for one who does not', async () => {
    await rest.ask(2, 'POST', '/api/2/tasks', { body: { title: 'secret' } });
    const texts = new Set<string>();
    for (const other of ['2', '999999', '01', '1.0', '-1', 'ME', '%31x', '2147483648']) {
      for (const [method, path] of [
        ['GET', 'tasks'],
        ['GET', 'tasks/1'],
        ['DELETE', 'tasks/1'],
        ['POST', 'rpc/clear_completed_tasks'],
      ]) {
        const answer = await rest.ask(1, method ?? '', `/api/${other}/${path}`);
        expect(answer.status).toBe(403);
        texts.add(answer.text);
      }
    }
    expect([...texts]).toEqual([
      '{"title":"Forbidden","status":403,"detail":"The path must have your own id, or me.","code":"FORBIDDEN"}',
    ]);
    expect((await rest.ask(2, 'GET', '/api/2/tasks')).body).toHaveLength(1);
  });

  test('a row of another person is 404, as one that does not exist', async () => {
    const { body: theirs } = await rest.ask(3, 'POST', '/api/3/tasks', { body: { title: 's' } });
    const texts = new Set<string>();
    for (const id of [theirs.id, 0, 2_000_000_000]) {
      for (const [method, path, body] of [
        ['GET', ''],
        ['PUT', '', { title: 'mine' }],
        ['PATCH', '', { title: 'mine' }],
        ['DELETE', ''],
        ['PATCH', '/complete'],
        ['PATCH', '/complete', { completed: true }],
      ] as const) {
        const answer = await rest.ask(4, method, `/api/4/tasks/${id}${path}`, { body });
        expect(answer.status).toBe(404);
        texts.add(answer.text);
      }
    }
    expect([...texts]).toEqual([
      '{"title":"Not Found","status":404,"detail":"There is no such object.","code":"NOT_FOUND"}',
    ]);
    expect((await rest.ask(3, 'GET', `/api/me/tasks/${theirs.id}`)).body).toEqual(theirs);
  });

  test('the account is made by the first request, as for GraphQL', async () => {
    expect((await rest.ask(5, 'GET', '/api/5/tasks')).body).toEqual([]);
    const query = 'select email from public."user" where id = 5';
    expect((await database.privileged.query(query)).rows).toHaveLength(1);
  });

  test('a deleted account is 403', async () => {
    const authorization = `Bearer ${await server.token(6)}`;
    await rest.ask(authorization, 'GET', '/api/6/tasks');
    expect((await rest.ask(authorization, 'POST', '/api/6/rpc/delete_me')).status).toBe(200);
    const answer = await rest.ask(authorization, 'GET', '/api/6/tasks');
    expect([answer.status, answer.body.code]).toEqual([403, 'ACCOUNT_DELETED']);
  });
});

describe('paths and methods', () => {
  test.each([
    '/api/1/nothing',
    '/api/1/tasks/abc',
    '/api/1/tasks/1/nothing',
    '/api/1/tasks/1/complete/1',
    '/api/1/tasks/99999999999',
    '/api/1/rpc/nothing',
    '/api/1/user',
    '/api/1/__proto__',
    '/api/1/rpc/toString',
  ])('%s is 404', async (path) => {
    const answer = await rest.ask(1, 'GET', path);
    expect([answer.status, answer.body.code]).toEqual([404, 'NOT_FOUND']);
  });

  test.each([
    ['/api/1/tasks', 'GET, HEAD, POST, OPTIONS'],
    ['/api/1/tasks/1', 'GET, HEAD, PUT, PATCH, DELETE, OPTIONS'],
    ['/api/1/tasks/1/complete', 'PATCH, OPTIONS'],
    ['/api/1/rpc/me', 'GET, HEAD, OPTIONS'],
  ])('%s allows %s', async (path, allow) => {
    const refused = await rest.ask(1, 'PROPFIND', path);
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, allow]);
    const options = await rest.ask(null, 'OPTIONS', path);
    expect([options.status, options.headers.get('allow')]).toEqual([204, allow]);
  });

  test('HEAD has the headers of GET and no body', async () => {
    await rest.ask(7, 'POST', '/api/7/tasks', { body: { title: 'a' } });
    const get = await rest.ask(7, 'GET', '/api/7/tasks');
    const head = await rest.ask(7, 'HEAD', '/api/7/tasks');
    expect([head.status, head.text]).toEqual([200, '']);
    for (const name of ['content-length', 'content-type', 'x-total-count'])
      expect(head.headers.get(name)).toBe(get.headers.get(name));
  });

  test('a slash at the end changes nothing', async () => {
    expect((await rest.ask(1, 'GET', '/api/1/tasks/')).status).toBe(200);
  });
});

describe('bodies', () => {
  const post = (body: unknown, headers = {}) =>
    rest.ask(1, 'POST', '/api/1/tasks', { body, headers });

  test.each([
    ['{"title": ', 'The request is not JSON.'],
    ['', 'The body must be a JSON object.'],
    ['[]', 'The body must be a JSON object.'],
    ['null', 'The body must be a JSON object.'],
    ['"title"', 'The body must be a JSON object.'],
    ['{"title":"a\\ud83d"}', 'A text has half of a surrogate pair, such as \\ud83d alone.'],
    [new Uint8Array([0x22, 0xe9, 0x22]), 'The request is not in UTF-8.'],
  ])('%s is 400', async (body, detail) => {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'BAD_USER_INPUT', detail });
  });

  test('a missing, a long and an unknown field are 422', async () => {
    expect((await post({})).body).toMatchObject({
      status: 422,
      reason: 'REQUIRED',
      field: 'title',
    });
    expect((await post({ title: ' ' })).body).toMatchObject({ status: 422, reason: 'RULE' });
    expect((await post({ title: 'a', __proto__x: 1 })).body).toMatchObject({ status: 422 });
    const { body } = await post('{"title":"a","__proto__":{"completed":true}}');
    expect(body).toMatchObject({ status: 422, reason: 'UNKNOWN_FIELD', field: '__proto__' });
  });

  test('an Idempotency-Key of 201 characters is 422', async () => {
    const { body } = await post({ title: 'a' }, { 'idempotency-key': 'k'.repeat(201) });
    expect(body).toMatchObject({ status: 422, field: 'Idempotency-Key' });
  });

  test('more bytes than allowed are 413', async () => {
    const body = { title: 'a', description: 'x'.repeat(1000) };
    const answer = await restLimited.ask(1, 'POST', '/api/1/tasks', { body });
    expect([answer.status, answer.body.code]).toEqual([413, 'TOO_COMPLEX']);
  });

  test.each([
    ['text/plain', 415],
    ['application/x-www-form-urlencoded', 415],
    ['application/json; charset=latin1', 415],
    ['Application/JSON; charset=UTF-8', 201],
  ])('Content-Type %s is %i', async (type, status) => {
    expect((await post('{"title":"a"}', { 'content-type': type })).status).toBe(status);
  });

  test('a compressed body is 415', async () => {
    expect((await post('{"title":"a"}', { 'content-encoding': 'gzip' })).status).toBe(415);
  });

  test('PATCH is a merge patch', async () => {
    const { body } = await post({ title: 'a' });
    const answer = await rest.ask(1, 'PATCH', `/api/1/tasks/${body.id}`, {
      body: { completed: true },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    expect([answer.status, answer.body.completed]).toEqual([200, true]);
  });

  test.each([
    ['application/json', 200],
    ['application/*;q=0.5', 200],
    ['text/html, */*;q=0.1', 200],
    ['', 200],
    ['text/html', 406],
    ['application/xml', 406],
    ['application/json;q=0', 406],
  ])('Accept: %s is %i', async (accept, status) => {
    expect((await rest.ask(1, 'GET', '/api/1/tasks', { headers: { accept } })).status).toBe(status);
  });
});

test('points of a minute: 429 with Retry-After', async () => {
  const statuses: number[] = [];
  for (let i = 0; i < 3; i++)
    statuses.push((await restLimited.ask(8, 'GET', '/api/8/tasks?limit=1')).status);
  const { headers, body, status } = await restLimited.ask(8, 'GET', '/api/8/tasks');
  expect(statuses).toEqual([200, 200, 429]);
  expect([status, body.code, body.reason]).toEqual([429, 'UNAVAILABLE', 'RATE_LIMITED']);
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
});

test('a page of 1,000 costs two points, counted before the database is asked', async () => {
  // Three points: one for the request, two more would be too many.
  const first = await restLimited.ask(9, 'GET', '/api/9/tasks');
  const second = await restLimited.ask(9, 'GET', '/api/9/tasks');
  expect([first.status, second.status, second.body.reason]).toEqual([200, 429, 'RATE_LIMITED']);
  expect(Number(second.headers.get('retry-after'))).toBeGreaterThan(0);
});

describe('CORS', () => {
  const preflight = (method: string, origin: string) =>
    fetch(`${server.url}/api/1/tasks/1`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': 'authorization,content-type,if-match,idempotency-key',
      },
    });

  test.each(['PUT', 'PATCH', 'DELETE', 'POST'])('a preflight allows %s', async (method) => {
    const { status, headers } = await preflight(method, 'https://app.example.com');
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-methods')).toBe(method);
    expect(headers.get('access-control-allow-headers')).toContain('if-match');
  });

  test('of another origin not', async () => {
    const { headers } = await preflight('PUT', 'https://evil.example.com');
    expect(headers.get('access-control-allow-methods')).toBeNull();
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  test('a page may read the headers of REST, and no page the page with the tokens', async () => {
    const origin = 'https://app.example.com';
    const { headers } = await rest.ask(1, 'GET', '/api/1/tasks', { headers: { origin } });
    expect(headers.get('access-control-allow-origin')).toBe(origin);
    for (const name of ['ETag', 'Link', 'Location', 'X-Total-Count', 'Retry-After', 'Allow'])
      expect(headers.get('access-control-expose-headers')?.split(', ')).toContain(name);
    for (const path of ['/api/docs', '/api/DOCS', '/api/docs/swagger-ui.css']) {
      const page = await fetch(server.url + path, { headers: { origin } });
      expect(page.status).toBe(200);
      expect(page.headers.get('access-control-allow-origin')).toBeNull();
    }
  });
});

test('the page with the tokens is served under loopback names only', async () => {
  const { port } = new URL(server.url);
  const statusFor = (host: string) =>
    new Promise((resolve, reject) => {
      httpRequest({ port, host: '127.0.0.1', path: '/api/docs', headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
  expect(await statusFor('evil.example.com')).toBe(421);
  expect(await statusFor('localhost')).toBe(200);
});

test('REST=off: nothing below /api', async () => {
  for (const path of ['/api/me/tasks', '/api/openapi.json', '/api/docs']) {
    const response = await fetch(off.url + path);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({
      errors: [{ extensions: { code: 'NOT_FOUND' } }],
    });
  }
});
