/** What a browser is told: which pages may read an answer, and what must not be done with it. */
import { expect, test } from 'vitest';
import { readOrigins } from '../../src/config/origins.ts';
import { readSettings } from '../../src/config/read.ts';
import { useTestDatabase } from '../support/database.ts';
import { type TestServer, useTestServer } from '../support/server.ts';

const database = useTestDatabase();
const APP = 'https://app.example.com';
const development = useTestServer(database);
const production = useTestServer(database, {
  production: true,
  graphiqlAccounts: undefined,
  corsOrigins: [APP],
});
const anybody = useTestServer(database, { production: true, corsOrigins: ['*'] });

const allowed = (response: Response) => response.headers.get('access-control-allow-origin');

const preflight = (server: TestServer, origin: string) =>
  fetch(`${server.url}/graphql`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
    },
  });

async function post(server: TestServer, origin: string, authorization?: string) {
  return fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: {
      origin,
      'content-type': 'application/json',
      ...(authorization && { authorization }),
    },
    body: '{"query":"{ me { id } }"}',
  });
}

const CASES: [what: string, server: TestServer, origin: string, may: boolean][] = [
  ['the page in the list', production, APP, true],
  ['a page of another name', production, 'https://app.example.com.evil.example', false],
  ['the same name without https', production, 'http://app.example.com', false],
  ['the same name on another port', production, 'https://app.example.com:8443', false],
  ['a page without an origin', production, 'null', false],
  ['a page of this machine, in production', production, 'http://localhost:5173', false],
  ['a page of this machine, in development', development, 'http://localhost:5173', true],
  ['by its address', development, 'http://127.0.0.1:3000', true],
  ['a page that only looks so', development, 'http://localhost.evil.example', false],
  ['a page of somewhere else, in development', development, APP, false],
  ['any page, where the list says so', anybody, 'https://somewhere.example', true],
];

test.each(CASES)('%s', async (_what, server, origin, may) => {
  const asked = await preflight(server, origin);
  expect(allowed(asked)).toBe(may ? origin : null);
  expect(asked.status).toBe(may ? 204 : 405);
  if (may) {
    expect(asked.headers.get('access-control-allow-methods')).toBe('POST');
    expect(asked.headers.get('access-control-allow-headers')).toMatch(
      /authorization, content-type/,
    );
  }
  // Errors too: a page that may not read a 401 can not tell it from a broken network.
  for (const authorization of [undefined, `Bearer ${await server.token(7)}`]) {
    const answer = await post(server, origin, authorization);
    expect(answer.status).toBe(authorization ? 200 : 401);
    expect(allowed(answer)).toBe(may ? origin : null);
    expect(answer.headers.get('vary')).toContain('Origin');
    expect(answer.headers.get('access-control-allow-credentials')).toBe(null);
  }
});

test('every answer says what must not be done with it, and nothing of what made it', async () => {
  for (const path of ['/graphql', '/livez', '/readyz', '/nothing']) {
    const { headers } = await fetch(production.url + path);
    expect(headers.get('x-content-type-options'), path).toBe('nosniff');
    expect(headers.get('x-frame-options'), path).toBe('DENY');
    expect(headers.get('content-security-policy'), path).toBe(
      "default-src 'none'; frame-ancestors 'none'",
    );
    expect(headers.get('referrer-policy'), path).toBe('no-referrer');
    expect(headers.get('strict-transport-security'), path).toMatch(/^max-age=\d+$/);
    expect(headers.get('cache-control'), path).toBe('no-store');
    expect(headers.get('server'), path).toBe(null);
    expect(headers.get('x-powered-by'), path).toBe(null);
  }
});

test('GraphiQL may run its own scripts, and nobody may frame it', async () => {
  const page = await fetch(development.url, { headers: { accept: 'text/html' } });
  expect(page.status).toBe(200);
  const policy = page.headers.get('content-security-policy');
  expect(policy).toMatch(/^default-src 'self'; script-src 'self'/);
  expect(policy).toContain("frame-ancestors 'none'");
});

test('CORS_ORIGINS takes origins only, and says which one is none', () => {
  const read = (text: string) => {
    const settings = readSettings({ CORS_ORIGINS: text });
    return [readOrigins(settings), settings.problems.length];
  };
  expect(read('')).toEqual([[], 0]);
  expect(read(`${APP}, http://localhost:5173`)).toEqual([[APP, 'http://localhost:5173'], 0]);
  expect(read('*')).toEqual([['*'], 0]);
  for (const wrong of [`${APP}/`, 'app.example.com', 'https://*.example.com/x', 'null']) {
    expect(read(wrong)[1], wrong).toBe(1);
  }
});
