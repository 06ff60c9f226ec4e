/**
 * The page of examples/web as people use it: `npm run example` as a process, real Chromium, a real
 * PostgreSQL. Faults are made in the browser: answers that are late or never arrive. No message on the
 * console is accepted that a test does not expect.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page, Route } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { findChromium, launch, watchProblems } from '../support/browser.ts';
import { useTestDatabase } from '../support/database.ts';
import { freePort } from '../support/free-port.ts';
import { ROOT, runScript, type Started } from '../support/process.ts';

const installed = ['better-auth/node_modules/better-auth', 'web/node_modules/vite'].every((path) =>
  existsSync(join(ROOT, 'examples', path)),
);
if (!installed)
  console.warn('skipped: the packages of examples/ are not installed; npm run example');
const able = findChromium('examples/web') && installed;

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PASSWORD = 'correct horse';
/** Seconds. The page fetches a new token after three quarters of them. */
const TOKEN_LIFETIME = 8;

/** Chromium's lines for an answer that a test cut off, and for one with an error status. */
const CUT = 'error: Failed to load resource: net::ERR_FAILED';
const refused = (status: string) =>
  `error: Failed to load resource: the server responded with a status of ${status}`;

const operationOf = (route: Route): string =>
  /(?:query|mutation) (\w+)/.exec(route.request().postData() ?? '')?.[1] ?? '';

describe.skipIf(!able)('examples/web', () => {
  const database = useTestDatabase('whole');
  let example: Started;
  let usual: Server;
  let url: string;
  let ports: number[];
  let browser: Browser;
  const contexts: BrowserContext[] = [];
  let problems: string[][] = [];

  beforeAll(async () => {
    // The usual port of the page is taken: another one is chosen.
    usual = createServer().on('error', () => {});
    await new Promise<void>((resolve) => {
      usual.once('error', () => resolve()).listen(5173, '127.0.0.1', resolve);
    });
    const [api, auth] = [await freePort(), await freePort()];
    const env = {
      DATABASE_URL: database.urls.owner,
      AUTH_DATABASE_URL: database.urls.authenticator,
      JWT_CLOCK_TOLERANCE: '0',
      AUTH_TOKEN_LIFETIME: `${TOKEN_LIFETIME}s`,
      PORT: String(api),
      AUTH_PORT: String(auth),
      BETTER_AUTH_SECRET: randomBytes(32).toString('hex'),
    };
    example = runScript('examples/start.ts', [], env, undefined, ROOT, true);
    [, url = ''] = await example.until(/Open (http:\S+)/);
    ports = [api, auth, Number(new URL(url).port)];
    browser = await launch();
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    usual?.close();
    example?.child.kill('SIGTERM');
    await example?.exit;
  });
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
    expect(problems.flat()).toEqual([]);
    problems = [];
  });

  /** A browser of its own: cookies, storage and console are nobody else's. */
  async function openBrowser(options: object = {}): Promise<{ page: Page; expected: Expected }> {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      colorScheme: 'light',
      ...options,
    });
    context.setDefaultTimeout(60_000);
    contexts.push(context);
    const seen = watchProblems(context);
    problems.push(seen);
    const page = await context.newPage();
    await page.goto(url);
    const expected = async (...lines: string[]) => {
      await expect.poll(() => seen.length).toBeGreaterThanOrEqual(lines.length);
      expect(seen.splice(0)).toEqual(lines);
    };
    return { page, expected };
  }
  type Expected = (...lines: string[]) => Promise<void>;

  const newEmail = () => `${randomBytes(6).toString('hex')}@example.com`;

  async function signUp(page: Page, email = newEmail()): Promise<number> {
    await page.getByRole('button', { name: 'I am new here' }).click();
    await page.getByLabel('Name').fill('Ada Lovelace');
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByText('Nothing here.').waitFor();
    const { rows } = await database.privileged.query('select id from "user" where email = $1', [
      email,
    ]);
    return rows[0].id;
  }

  async function add(page: Page, ...titles: string[]): Promise<void> {
    for (const title of titles) {
      await page.getByLabel('New task').fill(title);
      await page.getByRole('button', { name: 'Add' }).click();
      await page.locator('li:not([aria-busy=true])', { hasText: title }).waitFor();
    }
  }

  const titlesOf = (page: Page) => page.locator('li.row button > span').allTextContents();

  const rowsOf = async (userId: number) => {
    const query = 'select title, description, completed from task where user_id = $1 order by id';
    return (await database.privileged.query(query, [userId])).rows;
  };

  async function expectAccessible(page: Page): Promise<void> {
    await page.evaluate(AXE);
    const found = await page.evaluate(async () => {
      const { axe } = globalThis as unknown as {
        axe: { run(): Promise<{ violations: { id: string; impact: string; nodes: object[] }[] }> };
      };
      return (await axe.run()).violations;
    });
    const serious = found.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    expect(serious.map(({ id, nodes }) => `${id} ${JSON.stringify(nodes)}`)).toEqual([]);
    const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
    expect(overflow, 'nothing is wider than the page').toBeLessThanOrEqual(0);
  }

  test('the types of its operations are those of the API', () => {
    const web = join(ROOT, 'examples/web');
    const codegen = join(web, 'node_modules/@graphql-codegen/cli/esm/bin.js');
    const { status, stdout, stderr } = spawnSync(process.execPath, [codegen, '--check'], {
      cwd: web,
      encoding: 'utf8',
    });
    expect(status, `npm run codegen makes them again\n${stdout}${stderr}`).toBe(0);
  });

  test('the page has a free port, and starts without a warning', () => {
    expect(url).not.toContain(':5173');
    expect(example.output()).not.toMatch(/warn|error|deprecat/i);
  });

  test.each([
    [1280, 'light'],
    [390, 'dark'],
  ] as const)('at %d px, %s: sign-up, list, editor are accessible', async (width, colorScheme) => {
    const { page } = await openBrowser({ viewport: { width, height: 800 }, colorScheme });
    await expectAccessible(page);
    await signUp(page);
    await add(page, 'Buy oat milk', `Answer ${'a very long word'.replaceAll(' ', '-').repeat(10)}`);
    await page.getByLabel('Done: Buy oat milk').check();
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Buy oat milk' }).click();
    await page.getByLabel('Details').fill('Two litres');
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Two litres').waitFor();
    await page.getByRole('button', { name: 'Ada Lovelace' }).click();
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    const focused = await page.evaluate('document.activeElement.textContent');
    expect(focused, 'the focus goes back').toBe('Ada Lovelace');
    await page.getByRole('button', { name: 'Ada Lovelace' }).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await screenshot(page, `${width}-${colorScheme}`);
  });

  test('a new task is in the list before the answer', async () => {
    const { page } = await openBrowser();
    await signUp(page);
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route('**/graphql', async (route) => {
      if (operationOf(route) === 'CreateTask') await held;
      await route.continue();
    });
    await page.getByLabel('New task').fill('Buy stamps');
    await page.keyboard.press('Enter');
    const row = page.locator('li.row', { hasText: 'Buy stamps' });
    await row.waitFor();
    expect(await row.getAttribute('aria-busy')).toBe('true');
    expect(await page.getByText('1 task').count()).toBe(1);
    release();
    await page.locator('li.row:not([aria-busy=true])', { hasText: 'Buy stamps' }).waitFor();
    expect(await titlesOf(page)).toEqual(['Buy stamps']);
  });

  /** The server gets the first request of this name and its answer is cut off. */
  async function loseAnswerOnce(page: Page, operation: string): Promise<void> {
    let lost = false;
    await page.route('**/graphql', async (route) => {
      if (lost || operationOf(route) !== operation) return route.continue();
      lost = true;
      await route.fetch();
      await route.abort('failed');
    });
  }

  test('a create whose answer was lost is sent again and makes one task', async () => {
    const { page, expected } = await openBrowser();
    const id = await signUp(page);
    await loseAnswerOnce(page, 'CreateTask');
    await add(page, 'Buy stamps');
    await expected(CUT);
    expect(await rowsOf(id)).toEqual([
      { title: 'Buy stamps', description: null, completed: false },
    ]);
    await page.reload();
    await page.getByText('Buy stamps').waitFor();
    expect(await titlesOf(page)).toEqual(['Buy stamps']);
  });

  test('a change whose answer was lost is no conflict', async () => {
    const { page, expected } = await openBrowser();
    const id = await signUp(page);
    await add(page, 'Buy stamps');
    await loseAnswerOnce(page, 'UpdateTask');
    await page.getByRole('button', { name: 'Buy stamps' }).click();
    await page.getByLabel('Title').fill('Buy ten stamps');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await expected(CUT);
    await expect.poll(() => titlesOf(page)).toEqual(['Buy ten stamps']);
    expect(await rowsOf(id)).toMatchObject([{ title: 'Buy ten stamps' }]);
  });

  test('two tabs change one task: the second one chooses', async () => {
    const { page: first } = await openBrowser();
    const id = await signUp(first);
    await add(first, 'Buy milk');
    const second = await first.context().newPage();
    await second.goto(url);
    for (const tab of [first, second]) await tab.getByRole('button', { name: 'Buy milk' }).click();
    await first.getByLabel('Title').fill('Buy oat milk');
    await first.getByRole('button', { name: 'Save' }).click();
    await first.getByRole('dialog').waitFor({ state: 'detached' });

    await second.getByLabel('Title').fill('Buy soy milk');
    await second.getByRole('button', { name: 'Save' }).click();
    await second.getByRole('heading', { name: 'Changed somewhere else' }).waitFor();
    expect(await second.getByRole('region', { name: 'Theirs' }).innerText()).toContain('oat');
    expect(await second.getByRole('region', { name: 'Yours' }).innerText()).toContain('soy');
    await expectAccessible(second);
    expect(await rowsOf(id), 'nothing is overwritten yet').toMatchObject([
      { title: 'Buy oat milk' },
    ]);
    await second.getByRole('button', { name: 'Save mine' }).click();
    await second.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await rowsOf(id)).toMatchObject([{ title: 'Buy soy milk' }]);

    await first.getByRole('button', { name: 'Buy oat milk' }).click();
    await first.getByLabel('Title').fill('Buy rice milk');
    await first.getByRole('button', { name: 'Save' }).click();
    await first.getByRole('button', { name: 'Keep theirs' }).click();
    await expect.poll(() => titlesOf(first)).toEqual(['Buy soy milk']);
    expect(await rowsOf(id)).toMatchObject([{ title: 'Buy soy milk' }]);
  });

  test('an expired token is replaced before it is refused, once for all requests', async () => {
    const { page } = await openBrowser();
    const id = await signUp(page);
    let fetches = 0;
    page.on('request', (request) => {
      if (request.url().endsWith('/token')) fetches++;
    });
    await page.waitForTimeout((TOKEN_LIFETIME + 1) * 1000);
    const titles = ['a', 'b', 'c'];
    for (const title of titles) {
      await page.getByLabel('New task').fill(title);
      await page.keyboard.press('Enter');
    }
    await expect.poll(async () => (await rowsOf(id)).length).toBe(3);
    await page.locator('li[aria-busy=true]').first().waitFor({ state: 'detached' });
    expect((await titlesOf(page)).sort()).toEqual(titles);
    expect(fetches).toBe(1);
  });

  test('a refused token is replaced, whatever the clock of the browser says', async () => {
    const { page, expected } = await openBrowser();
    await page.clock.install({ time: Date.now() - 48 * 3600 * 1000 });
    await signUp(page);
    let refusals = 0;
    await page.route('**/graphql', async (route) => {
      const headers = { ...route.request().headers(), authorization: 'Bearer expired' };
      await (refusals++ === 0 ? route.continue({ headers }) : route.continue());
    });
    await add(page, 'Buy stamps');
    await expected(refused('401 (Unauthorized)'));
    expect(refusals).toBe(2);
  });

  test('two people see nothing of each other, in two browsers and in one', async () => {
    const { page: ada } = await openBrowser();
    const { page: bob } = await openBrowser();
    await signUp(ada);
    const email = newEmail();
    await signUp(bob, email);
    await add(ada, 'Task of Ada');
    await add(bob, 'Task of Bob');
    await bob.reload();
    await bob.getByText('Task of Bob').waitFor();
    expect(await titlesOf(bob)).toEqual(['Task of Bob']);

    await ada.getByRole('button', { name: 'Sign out' }).click();
    await ada.getByLabel('E-mail').fill(email);
    await ada.getByLabel('Password').fill(PASSWORD);
    await ada.getByRole('button', { name: 'Sign in' }).click();
    await ada.getByText('Task of Bob').waitFor();
    expect(await titlesOf(ada)).toEqual(['Task of Bob']);
    const stored = await ada.evaluate('JSON.stringify([localStorage, sessionStorage])');
    expect(stored, 'a token is in memory only').not.toContain('eyJ');
  });

  test('a long list loads as it is scrolled, and is filtered and searched', async () => {
    const { page } = await openBrowser();
    const id = await signUp(page);
    await database.privileged.query(
      `insert into task (user_id, title, completed)
       select $1, 'Task ' || n, n % 2 = 0 from generate_series(1, 75) as n`,
      [id],
    );
    await page.reload();
    await page.getByText('75 tasks').waitFor();
    const rows = page.locator('li.row');
    expect(await rows.count()).toBeLessThan(75);
    await expect
      .poll(async () => {
        await page.mouse.wheel(0, 5000);
        return rows.count();
      })
      .toBe(75);
    const numbers = (await titlesOf(page)).map((title) => Number(title.slice(5)));
    expect(numbers).toEqual([...numbers].sort((a, b) => b - a));

    await page.getByRole('button', { name: 'Open', exact: true }).click();
    await page.getByText('38 tasks').waitFor();
    await page.getByLabel('Done: Task 75').click();
    await page.getByText('37 tasks').waitFor();
    expect(await titlesOf(page)).not.toContain('Task 75');
    await page.getByRole('button', { name: 'Done', exact: true }).click();
    await page.getByText('38 tasks').waitFor();
    expect((await titlesOf(page))[0]).toBe('Task 75');

    await page.getByLabel('Search').fill('task 7');
    await page.getByText('4 tasks').waitFor();
    expect(await titlesOf(page)).toEqual(['Task 75', 'Task 74', 'Task 72', 'Task 70']);
    await page.getByLabel('Search').fill('no such thing');
    await page.getByText('No task contains “no such thing”.').waitFor();
  });

  test('many at once: complete all, clear completed', async () => {
    const { page } = await openBrowser();
    const id = await signUp(page);
    await add(page, 'One', 'Two', 'Three');
    await page.getByLabel('Done: Two').check();
    await page.getByRole('button', { name: 'Complete all' }).click();
    await page.getByText('2 tasks completed.').waitFor();
    await page
      .locator('li.row :not(:checked)[type=checkbox]')
      .first()
      .waitFor({ state: 'detached' });
    expect((await rowsOf(id)).map(({ completed }) => completed)).toEqual([true, true, true]);
    await page.getByLabel('Done: Three').uncheck();
    await page.getByRole('button', { name: 'Clear completed' }).click();
    await page.getByText('2 tasks cleared.').waitFor();
    await page.getByText('1 task', { exact: true }).waitFor();
    expect(await titlesOf(page)).toEqual(['Three']);
    expect(await rowsOf(id)).toMatchObject([{ title: 'Three' }]);
  });

  test('a task is deleted, and a value that breaks a rule is said', async () => {
    const { page } = await openBrowser();
    const id = await signUp(page);
    await add(page, 'One', 'Two');
    await page.getByRole('button', { name: 'One', exact: true }).click();
    await page.getByLabel('Title').fill('   ');
    await page.getByRole('button', { name: 'Save' }).click();
    expect(await page.getByRole('alert').innerText()).toBe('title must not be blank.');
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('Deleted “One”.').waitFor();
    await expect.poll(() => titlesOf(page)).toEqual(['Two']);
    expect(await rowsOf(id)).toMatchObject([{ title: 'Two' }]);
    expect(await page.evaluate('document.activeElement.id')).toBe('new-task');
  });

  test('a deleted account is gone here and at the sign-in server', async () => {
    const { page, expected } = await openBrowser();
    const email = newEmail();
    const id = await signUp(page, email);
    await add(page, 'Soon gone');
    await page.getByRole('button', { name: 'Ada Lovelace' }).click();
    await page.getByLabel('Password').fill('wrong password');
    await page.getByRole('button', { name: 'Delete everything' }).click();
    await page.getByRole('alert').waitFor();
    await expected(refused('400 (Bad Request)'));
    expect(await rowsOf(id), 'the control').toHaveLength(1);
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Delete everything' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    const { rows } = await database.privileged.query(
      `select (select count(*)::int from task where user_id = $1) as tasks,
              (select count(*)::int from public."user" where id = $1) as here,
              (select count(*)::int from auth."user" where id = $1) as there`,
      [id],
    );
    expect(rows).toEqual([{ tasks: 0, here: 0, there: 0 }]);
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    expect(await page.getByRole('alert').innerText()).toMatch(/invalid/i);
    await expected(refused('401 (Unauthorized)'));
  });

  test('Ctrl-C stops all three', async () => {
    example.child.kill('SIGINT');
    expect(await example.exit).toBe(0);
    for (const port of ports) {
      await expect(fetch(`http://127.0.0.1:${port}/`), String(port)).rejects.toThrow(
        'fetch failed',
      );
    }
  });

  /** For the README, and for whoever wants to look: SCREENSHOTS names a directory. */
  async function screenshot(page: Page, name: string): Promise<void> {
    const directory = process.env.SCREENSHOTS;
    if (directory) await page.screenshot({ path: join(directory, `web-${name}.png`) });
  }
});
