/** What a browser is told: which pages may read an answer, and what must not be done with it. */
import { describe, expect, test } from 'vitest';
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
  corsOrigins: [
    APP,
    'capacitor://localhost',
    'https://*.preview.example.com',
    'http://*.staging.example.com:8080',
  ],
});
const nulls = useTestServer(database, { production: true, corsOrigins: ['null'] });
const anybody = useTestServer(database, { production: true, corsOrigins: ['*'] });

const allowed = (response: Response) => response.headers.get('access-control-allow-origin');

/** Headers of Apollo Client, Sentry, OpenTelemetry and axios. */
const ASKED =
  'apollographql-client-name,authorization,baggage,content-type,sentry-trace,traceparent,x-requested-with';

const preflight = (server: TestServer, origin: string) =>
  fetch(`${server.url}/graphql`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': ASKED,
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
  ['a page without an origin, where the list says so', nulls, 'null', true],
  ['an app with a scheme of its own', production, 'capacitor://localhost', true],
  ['the same app with another scheme', production, 'ionic://localhost', false],
  ['a page of the pattern', production, 'https://pr-7.preview.example.com', true],
  ['one with a port', production, 'http://a.staging.example.com:8080', true],
  ['the pattern without its label', production, 'https://preview.example.com', false],
  ['the pattern with an empty label', production, 'https://.preview.example.com', false],
  ['the pattern with two labels', production, 'https://a.b.preview.example.com', false],
  ['the pattern with another end', production, 'https://a.preview.example.com.evil.test', false],
  ['the pattern without https', production, 'http://a.preview.example.com', false],
  ['the pattern on another port', production, 'https://a.preview.example.com:8443', false],
  ['a name that hides the pattern', production, 'https://evil.test#.preview.example.com', false],
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
    expect(asked.headers.get('access-control-allow-headers')).toBe(ASKED.replaceAll(',', ', '));
    expect(asked.headers.get('vary')).toBe(
      'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
    );
  } else {
    expect(asked.headers.get('access-control-allow-headers')).toBe(null);
    expect(asked.headers.get('vary')).toBe('Origin');
  }
  // Errors too: a page that may not read a 401 cannot tell it from a broken network.
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

test.each(['PUT', 'PATCH', 'DELETE', 'POST'])('a preflight for %s gets it', async (method) => {
  const answer = await fetch(`${production.url}/graphql`, {
    method: 'OPTIONS',
    headers: { origin: APP, 'access-control-request-method': method },
  });
  expect(answer.status).toBe(204);
  expect(answer.headers.get('access-control-allow-methods')).toBe(method);
  expect(answer.headers.get('access-control-allow-headers')).toBe(null);
});

test('a preflight gets back names only, whatever it asks for', async () => {
  const answer = await fetch(`${production.url}/graphql`, {
    method: 'OPTIONS',
    headers: {
      origin: APP,
      'access-control-request-method': 'POST: *',
      'access-control-request-headers': 'x-good, x bad, , "q", x-also\t,*',
    },
  });
  expect(answer.headers.get('access-control-allow-methods')).toBe(null);
  expect(answer.headers.get('access-control-allow-headers')).toBe('x-good, x-also, *');
});

describe('CORS_ORIGINS', () => {
  const read = (text: string) => {
    const settings = readSettings({ CORS_ORIGINS: text });
    return { origins: readOrigins(settings), problems: settings.problems };
  };

  test.each([
    ['', []],
    [`${APP}, http://localhost:5173`, [APP, 'http://localhost:5173']],
    ['*', ['*']],
    ['null', ['null']],
    ['capacitor://localhost tauri://localhost', ['capacitor://localhost', 'tauri://localhost']],
    ['ionic://localhost', ['ionic://localhost']],
    ['chrome-extension://abcdefghijklmnop', ['chrome-extension://abcdefghijklmnop']],
    ['https://[::1]:3000', ['https://[::1]:3000']],
    ['https://*.preview.example.com', ['https://*.preview.example.com']],
    ['https://app.*.example.com:8443', ['https://app.*.example.com:8443']],
    ['http://*.localhost:5173', ['http://*.localhost:5173']],
  ])('"%s" is read', (text, origins) => expect(read(text)).toEqual({ origins, problems: [] }));

  test.each([
    `${APP}/`,
    `${APP}:443`,
    'HTTPS://app.example.com',
    'https://App.example.com',
    'https://user@app.example.com',
    'app.example.com',
    'capacitor://localhost/',
    'file://',
    'data:text/html',
  ])('%s is refused: no browser sends it', (text) => {
    const { problems } = read(`https://ok.example, ${text}`);
    expect(problems).toEqual([
      expect.stringMatching(/^CORS_ORIGINS contains .*, which is not an origin: write it as/),
    ]);
    expect(problems[0]).toContain(text);
  });

  test.each([
    'https://*',
    'https://*.com',
    'https://*.*.example.com',
    'https://pr-*.example.com',
    'https://*.example.com/x',
    'https://*.example.com:*',
    'http://localhost:*',
    '*://app.example.com',
    '**',
  ])('%s is refused: its star is not one label', (text) => {
    expect(read(text).problems).toEqual([
      expect.stringMatching(/its \* is not one label of a host name: write https:\/\/\*\.preview/),
    ]);
  });
});
