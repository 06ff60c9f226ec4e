/**
 * Front ends of this data model, which were written for other servers: their requests as they send them, and one
 * that runs in a browser. Only the address of the API is ours.
 */
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEMO_ACCOUNTS, seedDemoAccounts } from '../../src/embedded/seed.ts';
import type { GraphiqlAccount } from '../../src/graphql/graphiql.ts';
import { useTestDatabase } from '../support/database.ts';
import { restOf } from '../support/rest.ts';
import { useTestServer } from '../support/server.ts';

/** Where Debian and its children put it. */
const CHROMIUM = '/usr/bin/chromium';

const database = useTestDatabase();
const accounts: GraphiqlAccount[] = [];
const server = useTestServer(database, { graphiqlAccounts: accounts });
const rest = restOf(server);

test('the requests of public clients', async () => {
  const WHO = 7;
  const base = `/api/${WHO}/tasks`;
  const made = await rest.ask(WHO, 'POST', base, { body: { title: 'Milk', description: '' } });
  expect([made.status, made.body.description]).toEqual([201, '']);
  const { id } = made.body;
  // A form that sends all it knows, its own id as a text among it.
  const form = { title: 'Bread', description: null, completed: false, user_id: String(WHO) };
  expect((await rest.ask(WHO, 'POST', base, { body: form })).status).toBe(201);

  for (const query of [
    '?status=all&sort=created&order=desc',
    '?status=all&sort=title&order=asc&search=',
    '?sort_by=created_at&order=desc&q=',
    '?skip=0&limit=100',
    '?offset=0&limit=100',
  ]) {
    const { status, body } = await rest.ask(WHO, 'GET', base + query);
    expect([query, status, body.length]).toEqual([query, 200, 2]);
  }
  for (const [query, expected] of [
    ['?status=completed', []],
    ['?status=pending', ['Bread', 'Milk']],
    ['?completed=false&limit=1', ['Bread']],
  ] as const) {
    const { body } = await rest.ask(WHO, 'GET', base + query);
    expect(body.map(({ title }: { title: string }) => title)).toEqual(expected);
  }

  const put = { title: 'Oat milk', description: 'Two' };
  expect((await rest.ask(WHO, 'PUT', `${base}/${id}`, { body: put })).body).toMatchObject(put);
  // PATCH with the header and no body, as fetch wrappers send it.
  const headers = { 'content-type': 'application/json' };
  const toggled = await rest.ask(WHO, 'PATCH', `${base}/${id}/complete`, { headers });
  expect(toggled.body.completed).toBe(true);
  const edited = { title: 'Oat milk', description: 'Three' };
  const after = await rest.ask(WHO, 'PUT', `${base}/${id}`, { body: edited });
  expect(after.body).toMatchObject({ ...edited, completed: true });
  for (const name of ['created_at', 'updated_at'])
    expect(Number.isNaN(Date.parse(after.body[name]))).toBe(false);
  expect((await rest.ask(WHO, 'DELETE', `${base}/${id}`)).status).toBe(204);
  const gone = await rest.ask(WHO, 'GET', `${base}/${id}`);
  expect([gone.status, typeof gone.body.detail]).toEqual([404, 'string']);
});

const here = existsSync(CHROMIUM);
if (!here) console.warn(`skipped: the tests of REST in a browser need one at ${CHROMIUM}`);

describe.skipIf(!here)('in a browser', () => {
  let browser: Browser;
  let site: Server;
  const problems: string[] = [];
  const elsewhere: string[] = [];
  beforeAll(async () => {
    await seedDemoAccounts(database.urls.authenticator);
    for (const { name, userId, email } of DEMO_ACCOUNTS)
      accounts.push({ name, token: await server.token(userId, email) });
    site = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end(FRONT_END);
    });
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    site?.close();
  });

  async function open(url: string): Promise<Page> {
    const page = await (await browser.newContext()).newPage();
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    await page.route('**/*', (route) => {
      if (route.request().url().startsWith('http://127.0.0.1:')) return route.continue();
      elsewhere.push(route.request().url());
      return route.abort();
    });
    // Swagger UI is 1.7 MB of script, which takes a busy machine a while.
    page.setDefaultTimeout(100_000);
    await page.goto(url, { timeout: 100_000 });
    return page;
  }

  test('a front end of another origin lists, creates, completes and deletes', async () => {
    const session = { api: `${server.url}/api`, user_id: 8, token: await server.token(8) };
    const { port } = site.address() as AddressInfo;
    const hash = encodeURIComponent(JSON.stringify(session));
    const page = await open(`http://127.0.0.1:${port}/#${hash}`);
    const items = page.locator('li');
    await page.fill('input[name=title]', 'Water the plants');
    await page.press('input[name=title]', 'Enter');
    await items.first().waitFor();
    expect(await items.allTextContents()).toEqual(['Water the plants']);
    await page.click('li input[type=checkbox]');
    await page.waitForSelector('li.done');
    expect((await rest.ask(8, 'GET', '/api/8/tasks')).body[0].completed).toBe(true);
    expect(await page.textContent('#total')).toBe('1');
    await page.reload();
    await page.waitForSelector('li.done');
    await page.click('li button');
    await page.waitForSelector('li', { state: 'detached' });
    expect((await rest.ask(8, 'GET', '/api/8/tasks')).body).toEqual([]);
    expect(problems).toEqual([]);
  }, 60_000);

  test('the page of development sends a request as the chosen account, and loads nothing from elsewhere', async () => {
    const page = await open(`${server.url}/api/docs`);
    const operation = page.locator('#operations-tasks-list_tasks');
    await operation.locator('button.opblock-summary-control').click();
    await operation.locator('button.execute').click();
    const answer = operation.locator('.live-responses-table');
    await answer.filter({ hasText: 'Buy oat milk' }).waitFor();
    await page.selectOption('#account select', { label: 'Bob' });
    await operation.locator('button.execute').click();
    await answer.filter({ hasText: 'Water the plants' }).waitFor();
    expect(elsewhere).toEqual([]);
    expect(problems).toEqual([]);
  }, 240_000);

  /** In the style of the public ones: fetch, a base address, and user_id from the session. */
  const FRONT_END = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Tasks</title><link rel="icon" href="data:,"></head>
<body>
<form><input name="title" aria-label="New task"></form>
<p><span id="total"></span> tasks</p><ul></ul>
<script>
const { api, user_id, token } = JSON.parse(decodeURIComponent(location.hash.slice(1)));
async function call(path, options = {}) {
  const response = await fetch(api + '/' + user_id + '/tasks' + path, {
    ...options,
    headers: { 'Content-Type': 'application/json', Authorization: 'Bearer ' + token },
  });
  if (response.status === 204) return null;
  const data = await response.json();
  if (!response.ok) throw new Error(data.detail);
  if (path === '') document.getElementById('total').textContent = response.headers.get('X-Total-Count') ?? '';
  return data;
}
async function show() {
  const tasks = await call('');
  document.querySelector('ul').replaceChildren(...tasks.map((task) => {
    const item = document.createElement('li');
    item.className = task.completed ? 'done' : '';
    item.append(task.title);
    const box = Object.assign(document.createElement('input'), { type: 'checkbox', checked: task.completed });
    box.onchange = () => call('/' + task.id + '/complete', { method: 'PATCH' }).then(show);
    const button = document.createElement('button');
    button.onclick = () => call('/' + task.id, { method: 'DELETE' }).then(show);
    item.append(box, button);
    return item;
  }));
}
document.querySelector('form').onsubmit = (event) => {
  event.preventDefault();
  const title = event.target.elements.title.value;
  call('', { method: 'POST', body: JSON.stringify({ title }) }).then(show);
};
show();
</script>
</body></html>`;
});
