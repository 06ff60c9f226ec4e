/** Round trips of REST requests, counted on the wire. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { useCountingProxy } from '../support/counting-proxy.ts';
import { useTestDatabase } from '../support/database.ts';
import { restOf } from '../support/rest.ts';
import { useTestServer } from '../support/server.ts';

const PERSON = 41;

// The server asks for deletions every two seconds by this clock, on a connection that a request then goes without.
beforeAll(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterAll(() => void vi.useRealTimers());

const database = useTestDatabase();
const proxy = useCountingProxy(database.urls.authenticator);
const server = useTestServer(database, {
  get authenticatorUrl() {
    return proxy.url(database.urls.authenticator);
  },
});
const rest = restOf(server);

let id: number;
beforeAll(async () => {
  for (const title of ['a', 'b', 'c', 'd']) {
    id = (await rest.ask(PERSON, 'POST', '/api/me/tasks', { body: { title } })).body.id;
  }
});

test.each([
  ['GET', ''],
  ['GET', '?limit=2'],
  ['GET', '?limit=2&completed=false&sort=title'],
  ['GET', '?search=a'],
  ['GET', '/$ID'],
  ['POST', '', { title: 'new' }],
  ['PUT', '/$ID', { title: 'other' }],
  ['PATCH', '/$ID', { description: 'x' }],
  ['PATCH', '/$ID/complete'],
  ['PATCH', '/$ID/complete', { completed: true }],
  ['DELETE', '/$ID'],
])('%s …/tasks%s is one round trip', async (method, path, body?: object) => {
  const url = `/api/${PERSON}/tasks${path.replace('$ID', String(id))}`;
  const { roundTrips } = await proxy.during(async () => {
    const answer = await rest.ask(PERSON, method, url, body && { body });
    expect(answer.status).toBeLessThan(300);
  });
  expect(roundTrips).toBe(1);
});

test('a refused path, parameter or body is none', async () => {
  const { roundTrips } = await proxy.during(async () => {
    expect((await rest.ask(PERSON, 'GET', '/api/1/tasks')).status).toBe(403);
    expect((await rest.ask(PERSON, 'GET', '/api/me/tasks?x=1')).status).toBe(422);
    expect((await rest.ask(PERSON, 'POST', '/api/me/tasks', { body: {} })).status).toBe(422);
  });
  expect(roundTrips).toBe(0);
});
