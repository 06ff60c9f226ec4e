/** GraphiQL as somebody opens it: in a real browser, without a network beyond this server. */
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEMO_ACCOUNTS, seedDemoAccounts } from '../../src/embedded/seed.ts';
import type { GraphiqlAccount } from '../../src/graphql/graphiql.ts';
import { useTestDatabase } from '../support/database.ts';
import { useTestServer } from '../support/server.ts';

/** Where Debian and its children put it. */
const CHROMIUM = '/usr/bin/chromium';

const database = useTestDatabase();
/** Filled once the server can sign tokens, before the page is asked for. */
const accounts: GraphiqlAccount[] = [];
const server = useTestServer(database, { graphiqlAccounts: accounts });

const here = existsSync(CHROMIUM);
if (!here) console.warn(`skipped: the tests of GraphiQL need a browser at ${CHROMIUM}`);

describe.skipIf(!here)('GraphiQL', () => {
  let browser: Browser;
  let page: Page;
  const elsewhere: string[] = [];
  const problems: string[] = [];

  beforeAll(async () => {
    await seedDemoAccounts(database.urls.authenticator);
    for (const { name, userId, email } of DEMO_ACCOUNTS) {
      accounts.push({ name, token: await server.token(userId, email) });
    }
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    page = await context.newPage();
    page.on('pageerror', (error) => problems.push(error.message));
    // Offline: whatever is not ours is cut off, and remembered.
    await page.route('**/*', (route) => {
      if (route.request().url().startsWith(server.url)) return route.continue();
      elsewhere.push(route.request().url());
      return route.abort();
    });
    const introspection = page.waitForResponse(
      (response) => response.request().postData()?.includes('__schema') ?? false,
    );
    await page.goto(server.url);
    // The editor has its text, and GraphiQL knows the schema that it looked at first.
    await page.locator('.graphiql-query-editor .view-line').first().waitFor();
    await (await introspection).finished();
  }, 60_000);
  afterAll(() => browser?.close());

  const run = async (): Promise<string> => {
    const answer = page.waitForResponse(
      (response) => response.request().postData()?.includes('tasks(first: 10)') ?? false,
    );
    await page.locator('.graphiql-execute-button').click();
    return (await answer).text();
  };

  test('opens with a query that can be run as it is, as the first demo account', async () => {
    expect(await page.title()).toBe('Rowguard');
    expect(await page.locator('#rowguard-as option').allTextContents()).toEqual([
      'Alice',
      'Bob',
      'nobody',
    ]);
    const { data } = JSON.parse(await run());
    expect(data.me.email).toBe('alice@example.com');
    expect(data.me.tasks.totalCount).toBe(DEMO_ACCOUNTS[0]?.tasks.length);
    await page.locator('.result-window', { hasText: 'alice@example.com' }).waitFor();
    await screenshot('alice');
  });

  test('asks as the second demo account, or without a token, as chosen', async () => {
    await page.locator('#rowguard-as').selectOption('Bob');
    expect(JSON.parse(await run()).data.me.email).toBe('bob@example.com');
    await page.locator('.result-window', { hasText: 'bob@example.com' }).waitFor();
    await screenshot('bob');
    await page.locator('#rowguard-as').selectOption('nobody');
    expect(JSON.parse(await run()).errors[0].extensions.code).toBe('UNAUTHENTICATED');
    await page.locator('.result-window', { hasText: 'UNAUTHENTICATED' }).waitFor();
    await screenshot('nobody');
  });

  test('loads nothing from anywhere else, and breaks nothing', () => {
    expect(elsewhere).toEqual([]);
    expect(problems).toEqual([]);
  });

  /** For whoever wants to look: SCREENSHOTS names a directory. */
  async function screenshot(name: string): Promise<void> {
    const directory = process.env.SCREENSHOTS;
    if (directory) await page.screenshot({ path: `${directory}/graphiql-${name}.png` });
  }
});
