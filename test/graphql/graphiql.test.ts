/** GraphiQL as somebody opens it: in a real browser, on a desk and on a phone, without a network beyond this server. */
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
/** As with a sign-in service: no demo accounts. */
const remote = useTestServer(database, { graphiqlAccounts: [] });

const here = existsSync(CHROMIUM);
if (!here) console.warn(`skipped: the tests of GraphiQL need a browser at ${CHROMIUM}`);

const DESK = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };

describe.skipIf(!here)('GraphiQL', () => {
  let browser: Browser;
  const elsewhere: string[] = [];
  const problems: string[] = [];

  beforeAll(async () => {
    await seedDemoAccounts(database.urls.authenticator);
    for (const { name, userId, email } of DEMO_ACCOUNTS) {
      accounts.push({ name, token: await server.token(userId, email) });
    }
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  }, 60_000);
  afterAll(() => browser?.close());

  /** The page in a browser that was never here, with the editor and the schema loaded. */
  async function open(url: string, viewport = DESK): Promise<Page> {
    const context = await browser.newContext({ viewport });
    const page = await context.newPage();
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      // A refused request is an error of the console too; the tests of refusals look at the answer.
      if (message.type() === 'error' && !/status of 401/.test(message.text())) {
        problems.push(message.text());
      }
    });
    // Offline: whatever is not ours is cut off, and remembered.
    await page.route('**/*', (route) => {
      if (route.request().url().startsWith(url)) return route.continue();
      elsewhere.push(route.request().url());
      return route.abort();
    });
    await loaded(page, () => page.goto(url));
    return page;
  }

  async function loaded(page: Page, load: () => Promise<unknown>): Promise<void> {
    const introspection = page.waitForResponse(
      (response) => response.request().postData()?.includes('__schema') ?? false,
    );
    await load();
    await page.locator('.graphiql-query-editor .view-line').first().waitFor();
    expect((await introspection).status()).toBe(200);
  }

  /** Runs the open tab. Returns its answer, once the page shows it. */
  async function run(page: Page) {
    const answer = page.waitForResponse(
      (response) =>
        response.url().endsWith('/graphql') && !response.request().postData()?.includes('__schema'),
    );
    await page.locator('.graphiql-execute-button').click();
    const body = await (await answer).json();
    await page.locator('.result-window .view-line').nth(1).waitFor();
    return body;
  }

  /** A change of the person reloads the page if it shows an answer. */
  const choose = (page: Page, who: string) =>
    loaded(page, () => page.locator('#rowguard-as').selectOption(who));

  const openTab = (page: Page, name: string) =>
    page.locator('.graphiql-tab-button', { hasText: name }).click();

  /** The sentence above the answer. As text, because the types of the DOM are not those of Node. */
  const ownerOfAnswer = async (page: Page): Promise<string> =>
    String(
      await page.evaluate(
        "getComputedStyle(document.querySelector('.graphiql-response'), '::before').content",
      ),
    ).replaceAll('"', '');
  const shown = (page: Page) => page.locator('.result-window').innerText();
  const tabs = (page: Page) => page.locator('.graphiql-tab-button').allTextContents();

  describe('with the demo accounts', () => {
    let page: Page;
    beforeAll(async () => {
      page = await open(server.url);
    });

    test('opens with a tab for each thing to try, as the first account', async () => {
      expect(await page.title()).toBe('Rowguard');
      expect(await page.locator('#rowguard-as option').allTextContents()).toEqual([
        'Alice',
        'Bob',
        'a pasted token',
        'nobody',
      ]);
      expect(await tabs(page)).toEqual([
        'MyTasks',
        'CreateTask',
        'ChangeUnlessChanged',
        'BobAsksForAlicesTask',
      ]);
      expect(await ownerOfAnswer(page)).toBe('');
      const { data } = await run(page);
      expect(data.me.email).toBe('alice@example.com');
      expect(data.me.tasks.totalCount).toBe(DEMO_ACCOUNTS[0]?.tasks.length);
      expect(await ownerOfAnswer(page)).toBe('Answer for Alice');
      expect(await shown(page)).toContain('alice@example.com');
      await screenshot(page, 'alice');
    });

    test('each tab does what it says', async () => {
      await openTab(page, 'CreateTask');
      const [one, two] = [await run(page), await run(page)];
      expect(one.data.createTask.task.title).toBe('Buy stamps');
      expect(two).toEqual(one);
      await openTab(page, 'ChangeUnlessChanged');
      expect((await run(page)).errors[0].extensions).toMatchObject({
        code: 'CONFLICT',
        reason: 'STALE',
      });
      await openTab(page, 'BobAsksForAlicesTask');
      expect((await run(page)).data.task.id).toBe(1);
    });

    test('a change of the person takes the answers away, of every tab', async () => {
      await choose(page, 'Bob');
      expect(await page.locator('#rowguard-whose').textContent()).toBe('You ask as Bob.');
      for (const name of await tabs(page)) {
        await openTab(page, name);
        expect((await shown(page)).trim()).toBe('');
      }
      expect(await ownerOfAnswer(page)).toBe('');
      expect(await run(page)).toEqual({ data: { task: null } });
      expect(await ownerOfAnswer(page)).toBe('Answer for Bob');
      await screenshot(page, 'bob');
    });

    test('a reload keeps the person, the tabs and the query', async () => {
      await openTab(page, 'MyTasks');
      await page.locator('.graphiql-query-editor .view-line').first().click();
      await page.keyboard.press('Control+Home');
      await page.keyboard.type('# mine ');
      const names = await tabs(page);
      await page.waitForFunction(() =>
        localStorage.getItem('graphiql:tabState')?.includes('# mine '),
      );
      await loaded(page, () => page.reload());
      expect(await page.locator('#rowguard-as').inputValue()).toBe('Bob');
      expect(await tabs(page)).toEqual(names);
      expect(await page.locator('.graphiql-query-editor').innerText()).toContain('mine');
      expect((await run(page)).data.me.email).toBe('bob@example.com');
    });

    test('without a token the answer is a refusal, and the documentation stays', async () => {
      await choose(page, 'nobody');
      expect((await run(page)).errors[0].extensions.code).toBe('UNAUTHENTICATED');
      expect(await ownerOfAnswer(page)).toBe('Answer for nobody (no token)');
      await page.locator('.graphiql-sidebar [aria-label="Show Documentation Explorer"]').click();
      await page.locator('.graphiql-doc-explorer', { hasText: 'Query' }).waitFor();
      await screenshot(page, 'nobody');
    });

    test('has no button for what the server does not do', async () => {
      expect(await page.locator('.graphiql-sidebar button:visible').count()).toBeGreaterThan(4);
      expect(await page.locator('button[aria-label*="Explain"]:visible').count()).toBe(0);
    });
  });

  describe('with a sign-in service', () => {
    let page: Page;
    beforeAll(async () => {
      page = await open(remote.url);
    });

    test('asks for a token, and shows no refusal', async () => {
      expect(await page.locator('#rowguard-as').inputValue()).toBe('pasted');
      expect(await page.locator('#rowguard-token').isVisible()).toBe(true);
      expect(await page.locator('#rowguard-whose').textContent()).toMatch(/^Paste a token/);
      expect((await shown(page)).trim()).toBe('');
    });
    test('asks with the pasted token, and says whose it is', async () => {
      await page.locator('#rowguard-token').fill(await remote.token(77, 'carol@example.com'));
      expect((await run(page)).data.me.email).toBe('carol@example.com');
      expect(await ownerOfAnswer(page)).toBe('Answer for carol@example.com');
      await loaded(page, () => page.reload());
      expect((await run(page)).data.me.email).toBe('carol@example.com');
    });
    test('another token takes the answers of the first away', async () => {
      const other = await remote.token(78, 'dave@example.com');
      await loaded(page, () => page.locator('#rowguard-token').fill(other));
      expect((await shown(page)).trim()).toBe('');
      expect((await run(page)).data.me.email).toBe('dave@example.com');
    });
    test('keeps the token out of what the browser stores', async () => {
      const stored = await page.evaluate(() => JSON.stringify(localStorage));
      expect(stored).toContain('graphiql:tabState');
      expect(stored).not.toContain('eyJ');
    });
  });

  test('is readable on a phone: the answer below the query, nothing beyond the edge', async () => {
    const page = await open(server.url, PHONE);
    expect(await page.locator('meta[name="viewport"]').getAttribute('content')).toContain(
      'width=device-width',
    );
    await run(page);
    const box = async (selector: string) => {
      const found = await page.locator(selector).boundingBox();
      if (!found) throw new Error(`${selector} is not shown`);
      return found;
    };
    const [query, answer] = [await box('.graphiql-query-editor'), await box('.result-window')];
    expect(answer.y).toBeGreaterThanOrEqual(query.y + query.height);
    for (const { x, width, height } of [query, answer]) {
      expect(x + width).toBeLessThanOrEqual(PHONE.width);
      expect(width).toBeGreaterThan(PHONE.width * 0.7);
      expect(height).toBeGreaterThan(150);
    }
    expect(
      await page.evaluate(
        '[document.documentElement.scrollWidth, document.documentElement.scrollHeight]',
      ),
    ).toEqual([PHONE.width, PHONE.height]);
    await screenshot(page, 'phone');
  });

  test('loads nothing from anywhere else, and breaks nothing', () => {
    expect(elsewhere).toEqual([]);
    expect(problems).toEqual([]);
  });

  /** For whoever wants to look: SCREENSHOTS names a directory. */
  async function screenshot(page: Page, name: string): Promise<void> {
    const directory = process.env.SCREENSHOTS;
    if (directory) await page.screenshot({ path: `${directory}/graphiql-${name}.png` });
  }
});
