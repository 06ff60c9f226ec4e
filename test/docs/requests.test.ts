/**
 * The requests of README.md and docs/graphql.md, run by the shell from the first to the last as they are printed, on
 * a server with the demo accounts. Each printed answer is compared; times and cursors may differ.
 */
import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { DEMO_ACCOUNTS, seedDemoAccounts } from '../../src/embedded/seed.ts';
import { useTestDatabase } from '../support/database.ts';
import { useTestServer } from '../support/server.ts';
import { type Block, DOCUMENTS, partsOf } from './markdown.ts';

const hasCurl = spawnSync('curl', ['--version']).status === 0;
if (!hasCurl) console.warn('skipped: the printed requests need curl');

/** Where the documents say that the server is. */
const PRINTED_URL = 'http://127.0.0.1:5678';

const documentOf = (path: string) => {
  const document = DOCUMENTS.find((one) => one.path === path);
  if (!document) throw new Error(`${path} is no document`);
  return document;
};

/** What the reader's shell has: `npm run --silent token` prints a token of this test. */
const npmOf = (tokens: ReadonlyMap<number, string>): string =>
  `npm() { case "$*" in\n${[...tokens].map(([id, token]) => `*"--user-id ${id} "*) echo ${token} ;;`).join('\n')}\nesac; }`;

/** One JSON value a line. */
const valuesOf = (text: string): unknown[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

/** The same with every time and cursor replaced. */
const comparable = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value)
      .replace(/\d{4}-\d{2}-\d{2}T[\d:.]+(\+00:00|Z)/g, '(time)')
      .replace(/("(?:end|start)?[cC]ursor":)"[^"]+"/g, '$1"(cursor)"'),
  );

describe.skipIf(!hasCurl).each(['README.md', 'docs/graphql.md'])('%s', (path) => {
  const database = useTestDatabase();
  const server = useTestServer(database);
  const tokens = new Map<number, string>();
  beforeAll(async () => {
    await seedDemoAccounts(database.urls.authenticator);
    for (const { userId, email } of DEMO_ACCOUNTS)
      tokens.set(userId, await server.token(userId, email));
    tokens.set(3, await server.token(3, 'carol@example.com'));
  });

  const document = documentOf(path);
  const { blocks, prose } = partsOf(document);
  const asks = ({ language, code }: Block) =>
    language === 'sh' && /^(ask|curl|TOKEN=)/m.test(code) && !code.includes('/api/auth/');
  /** The functions and variables of the first block, without its request. */
  const [prelude = ''] = /^TOKEN=[\s\S]*?^}/m.exec(blocks.find(asks)?.code ?? '') ?? [];

  const run = async (code: string): Promise<unknown[]> => {
    const script = `${npmOf(tokens)}\n${prelude}\n${code}`.replaceAll(PRINTED_URL, server.url);
    return valuesOf((await promisify(execFile)('sh', ['-c', script])).stdout);
  };

  /** The last line of prose before a block. */
  const before = ({ place }: Block): string => {
    const line = Number(place.split(':')[1]);
    return prose.findLast(({ number, text }) => number < line && text.trim() !== '')?.text ?? '';
  };

  test('every printed answer is the answer', async () => {
    let last: Block | undefined;
    let waiting: unknown[] = [];
    let compared = 0;
    const unexplained: string[] = [];
    for (const block of blocks) {
      if (asks(block)) {
        // The answers of a block that prints none are thrown away.
        last = block;
        waiting = await run(block.code);
      } else if (block.language === 'graphql') {
        last = undefined;
        waiting = [(await server.ask(`Bearer ${tokens.get(1)}`, block.code)).body];
      } else if (block.language === 'json') {
        if (waiting.length === 0 && last && /second time:$/.test(before(block))) {
          waiting = await run(last.code);
        }
        const printed = valuesOf(block.code);
        const answers = waiting.splice(0, printed.length);
        if (answers.length < printed.length) unexplained.push(before(block));
        else {
          expect(comparable(answers), block.place).toEqual(comparable(printed));
          compared += printed.length;
        }
      }
    }
    expect(unexplained).toEqual(path === 'README.md' ? [] : ['item:']);
    expect(compared).toBeGreaterThan(path === 'README.md' ? 1 : 12);
  });

  if (path !== 'docs/graphql.md') return;

  test('has a request for every mutation', async () => {
    const { body } = await server.ask(1, '{ __schema { mutationType { fields { name } } } }');
    const requests = blocks.filter(asks).map(({ code }) => code);
    for (const { name } of body.data.__schema.mutationType.fields) {
      expect(
        requests.some((code) => new RegExp(`\\b${name}\\b[( ]`).test(code)),
        name,
      ).toBe(true);
    }
  });
});
