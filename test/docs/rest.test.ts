/**
 * The commands of docs/rest.md, from the first to the last, against a server with the demo accounts. Each prints
 * what the page says, except times and places of pages.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { seedDemoAccounts } from '../../src/embedded/seed.ts';
import { useTestDatabase } from '../support/database.ts';
import { ROOT } from '../support/process.ts';
import { useTestServer } from '../support/server.ts';
import { partsOf } from './markdown.ts';

const PAGE = 'docs/rest.md';
const text = readFileSync(join(ROOT, PAGE), 'utf8');
const { blocks } = partsOf({ path: PAGE, text });
const [preamble, ...commands] = blocks.filter(({ language }) => language === 'sh');
/** What each command prints: the block behind it. */
const printed = blocks.filter(({ language }) => language === '');

const database = useTestDatabase();
const server = useTestServer(database);
let token: string;
beforeAll(async () => {
  await seedDemoAccounts(database.urls.authenticator);
  token = await server.token(1, 'alice@example.com');
});

/** Microseconds may end in zeros, which are not printed. */
const TIME = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?\+00:00/g;
const PLACE = /after=[\w%]+/g;

const withoutTimes = (output: string): string =>
  output.replaceAll(TIME, 'TIME').replaceAll(PLACE, 'after=PLACE');

test('every command of the page has its output behind it', () => {
  expect(printed).toHaveLength(commands.length);
});

test.each(commands.map(({ place, code }, index) => [place, code, printed[index]?.code ?? '']))(
  '%s prints what the page says',
  async (_place, code, expected) => {
    const script = `${preamble?.code}\n${code}`
      .replace(/^TOKEN=.*$/m, `TOKEN='${token}'`)
      .replaceAll('http://127.0.0.1:5678', server.url);
    const { stdout } = await promisify(execFile)('sh', ['-c', script]);
    expect(withoutTimes(stdout.trim())).toBe(withoutTimes(expected.trim()));
  },
);
