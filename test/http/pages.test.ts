/** GraphiQL holds demo tokens: which Host and Origin get the page, and where development may listen. */
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { useTestDatabase } from '../support/database.ts';
import { useTestServer } from '../support/server.ts';

const database = useTestDatabase();
const graphiqlAccounts = [{ name: 'Alice', token: 'a-demo-token' }];
const server = useTestServer(database, { graphiqlAccounts });
const remote = useTestServer(database, { graphiqlAccounts, remoteDevelopment: true });

const get = (url: string, path: string, headers: readonly string[]): Promise<string> =>
  request(url, [
    `GET ${path} HTTP/1.1`,
    'Accept: text/html',
    'Connection: close',
    ...headers,
    '',
    '',
  ]);

/** fetch() sets Host by itself, so this speaks HTTP by hand. */
function request(url: string, lines: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('end', () => resolve(text)).on('error', reject);
    socket.write(lines.join('\r\n'));
  });
}

describe.each(['/', '/graphql'])('the page at %s', (path) => {
  test.each(['localhost', 'localhost:5678', '127.0.0.1:5678', '[::1]:5678'])(
    'is served to Host %s',
    async (host) => {
      const answer = await get(server.url, path, [`Host: ${host}`]);
      expect(answer).toMatch(/^HTTP\/1.1 200 /);
      expect(answer).toContain('a-demo-token');
    },
  );

  test.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.nip.io:5678',
    'localhost:1@evil',
  ])('is refused to Host %s, unless the operator allows it', async (host) => {
    const answer = await get(server.url, path, [`Host: ${host}`]);
    expect(answer).toMatch(/^HTTP\/1.1 421 /);
    expect(answer).not.toContain('a-demo-token');
    expect(await get(remote.url, path, [`Host: ${host}`])).toContain('a-demo-token');
  });

  test('cannot be read by a page of another origin, loopback or not', async () => {
    for (const origin of ['http://localhost:3000', 'https://evil.example']) {
      const answer = await get(server.url, path, ['Host: localhost', `Origin: ${origin}`]);
      expect(answer.toLowerCase()).not.toContain('access-control-allow-origin');
    }
  });
});

describe('the schema without a token', () => {
  const BODY = JSON.stringify({ query: '{ __schema { queryType { name } } }' });
  const introspect = (url: string, host: string) =>
    request(url, [
      'POST /graphql HTTP/1.1',
      'Connection: close',
      `Host: ${host}`,
      'Content-Type: application/json',
      `Content-Length: ${BODY.length}`,
      '',
      BODY,
    ]);

  test('is given to loopback names', async () => {
    expect(await get(server.url, '/schema.graphql', ['Host: localhost'])).toContain('type Query');
    expect(await introspect(server.url, 'localhost')).toMatch(/^HTTP\/1.1 200 /);
  });
  test('is refused to other names, unless the operator allows it', async () => {
    const host = 'evil.example';
    expect(await get(server.url, '/schema.graphql', [`Host: ${host}`])).toMatch(/^HTTP\/1.1 421 /);
    expect(await introspect(server.url, host)).toMatch(/^HTTP\/1.1 401 /);
    expect(await get(remote.url, '/schema.graphql', [`Host: ${host}`])).toContain('type Query');
    expect(await introspect(remote.url, host)).toMatch(/^HTTP\/1.1 200 /);
  });
});

test('development listens beyond this machine only if the operator says so', () => {
  const refusal = /HOST can be reached from other machines/;
  for (const HOST of ['0.0.0.0', '::', '192.168.1.2', 'my-laptop.local']) {
    expect(() => loadConfig({ HOST })).toThrow(refusal);
    expect(loadConfig({ HOST, ALLOW_REMOTE_DEVELOPMENT: 'on' }).remoteDevelopment).toBe(true);
  }
  for (const HOST of ['127.0.0.1', 'localhost', '::1'])
    expect(loadConfig({ HOST }).host).toBe(HOST);
});

test('MAX_CONCURRENT leaves a connection of the pool to others', () => {
  expect(loadConfig({}).maxConcurrent).toBe(4);
  expect(loadConfig({ POOL_SIZE: '3' }).maxConcurrent).toBe(2);
  expect(loadConfig({ POOL_SIZE: '1' }).maxConcurrent).toBe(1);
});
