/**
 * What is wrong with a request, below GraphQL: every answer has a code, an ill-formed text stores nothing, and
 * a mistake of a client is no fault of the server in the log.
 */
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { useTestDatabase } from '../support/database.ts';
import { useTestServer } from '../support/server.ts';

const database = useTestDatabase();
const server = useTestServer(database);
const small = useTestServer(database, { maxRequestBytes: 50_000 });

const WHO = 301;
const ME = '{"query":"{ me { id } }"}';
const JSON_TYPE = { 'content-type': 'application/json' };

interface Sent {
  readonly status: number;
  readonly code: string | undefined;
  readonly data: unknown;
}

async function post(
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = JSON_TYPE,
  to = server,
): Promise<Sent> {
  const response = await fetch(`${to.url}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await to.token(WHO)}`, ...headers },
    body,
  });
  return sentOf(response);
}

async function sentOf(response: Response): Promise<Sent> {
  const { data, errors } = JSON.parse(await response.text());
  return { status: response.status, code: errors?.[0].extensions.code, data };
}

const bytes = (text: string, encoding: BufferEncoding) =>
  new Uint8Array(Buffer.from(text, encoding));

describe('media types', () => {
  test.each([
    ['Content-Type in capitals', { 'content-type': 'Application/JSON; Charset="UTF-8"' }],
    ['charset=utf8', { 'content-type': 'application/json; charset=utf8' }],
    ['Accept with a charset', { ...JSON_TYPE, accept: 'application/json; charset=utf-8' }],
    ['Accept in capitals', { ...JSON_TYPE, accept: 'APPLICATION/JSON' }],
    ['an empty Accept', { ...JSON_TYPE, accept: '' }],
  ])('%s is served', async (_what, headers) => {
    expect(await post(ME, headers)).toMatchObject({ status: 200, data: { me: { id: WHO } } });
  });

  test.each<[string, number, Record<string, string>]>([
    ['no Content-Type', 415, { 'content-type': '' }],
    ['another Content-Type', 415, { 'content-type': 'text/plain' }],
    ['another charset', 415, { 'content-type': 'application/json; charset=latin1' }],
    ['a compressed body', 415, { ...JSON_TYPE, 'content-encoding': 'gzip' }],
    ['Accept without JSON', 406, { ...JSON_TYPE, accept: 'text/html' }],
  ])('%s is %i with a code', async (_what, status, headers) => {
    expect(await post(ME, headers)).toEqual({ status, code: 'BAD_USER_INPUT', data: undefined });
  });

  test.each([
    ['application/json', 'application/json', 200],
    ['*/*', 'application/json', 400],
    ['application/graphql-response+json', 'application/graphql-response+json', 400],
  ])('a wrong query for %s is answered as %s with %i', async (accept, type, status) => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { ...JSON_TYPE, accept, authorization: `Bearer ${await server.token(WHO)}` },
      body: '{"query":"{ nothing }"}',
    });
    expect(response.headers.get('content-type')?.split(';')[0]).toBe(type);
    expect(response.status).toBe(status);
  });
});

const CREATE =
  'mutation($t: String!) { createTask(input: { task: { title: $t } }) { task { id } } }';
const create = (title: string): string =>
  `{"query":${JSON.stringify(CREATE)},"variables":{"t":"${title}"}}`;

const count = async (): Promise<number> =>
  (await database.privileged.query('select from task where user_id = $1', [WHO])).rowCount ?? 0;

describe('text', () => {
  test.each<[string, string | Uint8Array<ArrayBuffer>]>([
    ['half of a surrogate pair', create('a\\ud83d')],
    ['the other half', create('\\uDE00a')],
    ['two halves in the wrong order', create('\\ude00\\ud83d')],
    ['half of a pair in a name', '{"query":"{ me { id } }","variables":{"\\ud83d":1}}'],
    [
      'half of a pair in a literal of the query',
      '{"query":"mutation{createTask(input:{task:{title:\\"a\\\\ud83d\\"}}){task{id}}}"}',
    ],
    ['half of a pair in a comment of the query', `{"query":"{ me { id } } #\\ud83d"}`],
    ['Latin-1', bytes(create('Käse'), 'latin1')],
    ['UTF-16', bytes(create('a'), 'utf16le')],
    ['a surrogate in UTF-8', new Uint8Array(Buffer.from(create('@'), 'utf8').map(toSurrogate))],
    ['no JSON', '{"query":'],
    ['nothing', ''],
    ['JSON nested 40,000 levels deep, with an escape', `${'['.repeat(40_000)}"\\ud83d\\ude00"`],
  ])('%s is 400 with a code, and stores nothing', async (_what, body) => {
    const before = await count();
    expect(await post(body)).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
    expect(await count()).toBe(before);
  });

  /** The three bytes of U+D83D would replace one, so this is only their first. */
  function toSurrogate(byte: number): number {
    return byte === 0x40 ? 0xed : byte;
  }

  test.each([
    ['a pair', '\\ud83d\\ude00', '😀'],
    ['a pair in capitals', '\\uD83D\\uDE00', '😀'],
    ['the text of an escape', '\\\\ud83d', '\\ud83d'],
    ['a character as it is', '😀ä', '😀ä'],
  ])('%s is stored as it was sent', async (_what, sent, stored) => {
    const { data } = await post(create(sent));
    const { id } = (data as { createTask: { task: { id: number } } }).createTask.task;
    const { rows } = await database.privileged.query('select title from task where id = $1', [id]);
    expect(rows).toEqual([{ title: stored }]);
  });

  test('a byte order mark in front is ignored', async () => {
    expect(await post(`\ufeff${ME}`)).toMatchObject({ status: 200 });
  });
});

describe('size', () => {
  const padded = (filling: string) => `{"query":"{ me { id } }","variables":{"x":"${filling}"}}`;

  test.each([
    ['emoji as escapes', '\\ud83d\\ude00'.repeat(10_000)],
    ['quotes', '\\"'.repeat(40_000)],
    ['escaped letters', '\\u0041\\u00e9\\u20ac'.repeat(8000)],
  ])('%s count as the characters that they stand for', async (_what, filling) => {
    expect(filling.length).toBeGreaterThan(50_000);
    expect(await post(padded(filling), JSON_TYPE, small)).toMatchObject({ status: 200 });
  });

  test.each([
    ['characters', 'x'.repeat(50_000)],
    ['characters of two bytes', 'é'.repeat(25_000)],
    ['escapes', '\\ud83d\\ude00'.repeat(12_500)],
    ['escaped line feeds', '\\n'.repeat(50_000)],
    ['six times the limit', 'x'.repeat(300_001)],
  ])('too many %s are 413 with a code', async (_what, filling) => {
    expect(await post(padded(filling), JSON_TYPE, small)).toMatchObject({
      status: 413,
      code: 'TOO_COMPLEX',
    });
  });
});

describe('every other answer has a code', () => {
  test.each<[string, string, string, number, string]>([
    ['another path', 'GET', '/nothing', 404, 'NOT_FOUND'],
    ['a path that is not UTF-8', 'GET', '/%ff', 404, 'NOT_FOUND'],
    ['a file of GraphiQL that is not there', 'GET', '/ruru-static/none', 404, 'NOT_FOUND'],
    ['another method', 'GET', '/graphql', 405, 'BAD_USER_INPUT'],
    ['a method that deletes', 'DELETE', '/graphql', 405, 'BAD_USER_INPUT'],
  ])('%s', async (_what, method, path, status, code) => {
    const response = await fetch(server.url + path, { method });
    expect(await sentOf(response)).toEqual({ status, code, data: undefined });
  });

  /** What no client sends: the bytes, and the answer until the server closes. */
  const talk = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      let answer = '';
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () =>
        socket.write(text),
      );
      socket.setEncoding('utf8').on('data', (chunk: string) => {
        answer += chunk;
      });
      socket.on('close', () => resolve(answer)).on('error', reject);
    });
  const head = (...lines: string[]) => [...lines, 'Connection: close', '', ''].join('\r\n');

  test.each([
    ['no HTTP', 'HELLO\r\n\r\n', 400, 'BAD_USER_INPUT'],
    ['no Host', head('GET / HTTP/1.1'), 400, 'BAD_USER_INPUT'],
    ['a URL of 20 kB', head(`GET /${'x'.repeat(20_000)} HTTP/1.1`), 431, 'TOO_COMPLEX'],
    ['a header of 20 kB', head('GET / HTTP/1.1', `X: ${'x'.repeat(20_000)}`), 431, 'TOO_COMPLEX'],
    ['an unknown expectation', head('GET /no HTTP/1.1', 'Host: x', 'Expect: y'), 404, 'NOT_FOUND'],
  ])('%s', async (_what, text, status, code) => {
    const answer = await talk(text);
    const [top = '', body = ''] = answer.split('\r\n\r\n');
    expect(top).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(top).toContain(`Content-Length: ${Buffer.byteLength(body)}`);
    expect(JSON.parse(body).errors[0].extensions.code).toBe(code);
  });

  test.each(['websocket', 'h2c'])('a request to change to %s is answered as HTTP', async (what) => {
    const answer = await talk(
      `GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: ${what}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 405 /);
  });
});

test('none of these mistakes is in the log of the server’s own faults', () => {
  expect([...server.log, ...small.log]).toEqual([]);
});
