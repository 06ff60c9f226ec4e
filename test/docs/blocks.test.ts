/**
 * Code blocks of every document: JSON parses, TypeScript compiles, SQL runs, GraphQL fits the schema, shell
 * parses. A block that cannot stand alone says so after its language: ```sql fragment. TypeScript and
 * GraphQL fragments still have to parse.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { buildSchema, parse, validate } from 'postgraphile/graphql';
import { transformWithOxc } from 'vite';
import { afterAll, describe, expect, test } from 'vitest';
import { useTestDatabase } from '../support/database.ts';
import { ROOT, shippedRoot } from '../support/process.ts';
import { type Block, DOCUMENTS, FOLLOWED, partsOf } from './markdown.ts';

/** Language → the words that may follow it. `data` and `forgotten`: another test runs the block. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  '': [''],
  graphql: ['', 'fragment'],
  json: [''],
  sh: [''],
  sql: ['', 'fragment', 'data', 'forgotten', 'people'],
  ts: ['', 'fragment'],
  tsx: ['fragment'],
};

/** A block with the path of a file is compiled by test/client/vite.test.ts. */
const isFile = (word: string): boolean => /^[\w/.]+\.tsx?$/.test(word);

const BLOCKS: readonly Block[] = DOCUMENTS.flatMap((document) => partsOf(document).blocks);

const blocksOf = (language: string, word = ''): [string, string][] =>
  BLOCKS.filter((block) => block.language === language && block.word === word).map(
    ({ place, code }) => [place, code],
  );

const alone = (language: string) =>
  blocksOf(language).filter(([place]) => !FOLLOWED.some((path) => place.startsWith(`${path}:`)));

test('no block has a word after its language that means nothing', () => {
  const unknown = BLOCKS.filter(
    ({ language, word }) => !isFile(word) && WORDS[language]?.includes(word) === false,
  );
  expect(unknown.map(({ place, language, word }) => `${place} ${language} ${word}`)).toEqual([]);
});

describe('JSON', () => {
  /** One value, or one value a line. */
  const check = (code: string): void => {
    try {
      JSON.parse(code);
    } catch {
      for (const line of code.split('\n').filter(Boolean)) JSON.parse(line);
    }
  };
  test.each(blocksOf('json'))('%s parses', (_place, code) => check(code));
  test('a mistake is found', () => expect(() => check('{"a": 1,}')).toThrow(SyntaxError));
});

describe('shell', () => {
  /** What `sh` says of a script that it reads and does not run; empty if it parses. */
  const check = (code: string): string =>
    spawnSync('sh', ['-n'], { input: code, encoding: 'utf8' }).stderr;
  test.each(blocksOf('sh'))('%s parses', (_place, code) => expect(check(code)).toBe(''));
  test('a mistake is found', () => expect(check('echo "open')).not.toBe(''));
});

describe('GraphQL', () => {
  const schema = buildSchema(readFileSync(join(shippedRoot(), 'test/app/schema.graphql'), 'utf8'));
  const check = (code: string) => validate(schema, parse(code)).map(({ message }) => message);
  test.each(alone('graphql'))('%s fits the API', (_place, code) => expect(check(code)).toEqual([]));
  test.each(blocksOf('graphql', 'fragment'))('%s parses', (_place, code) => void parse(code));
  test('a mistake is found', () => {
    expect(check('{ tasks { nodes { owner } } }')).toEqual([
      expect.stringMatching(/^Cannot query field "owner" on type "Task"/),
    ]);
  });
});

describe('SQL', () => {
  const database = useTestDatabase();
  /** Runs it as the owner of a migrated database, and rolls back what it did. */
  const check = async (code: string): Promise<void> => {
    await database.owner.query('begin');
    try {
      await database.owner.query(code);
    } finally {
      await database.owner.query('rollback');
    }
  };
  test.each(alone('sql'))('%s runs', (_place, code) => check(code));
  test('a mistake is found', () =>
    expect(check('alter table task add priority integr')).rejects.toThrow('integr'));
});

describe('TypeScript', () => {
  // Inside the checkout, where the packages that examples import are found.
  const cache = join(ROOT, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'blocks-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** What the page around an example gives it: a token, and the module that graphql-codegen writes. */
  const SURROUNDINGS = {
    'surroundings.d.ts': 'declare const token: string;\n',
    'gql.ts': [
      "import type { TypedDocumentNode } from '@urql/core';",
      'export declare function graphql(source: string): TypedDocumentNode<Record<string, any>, Record<string, any>>;',
    ].join('\n'),
  };
  const OPTIONS = {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions: {
      lib: ['es2024', 'dom', 'dom.iterable'],
      module: 'esnext',
      moduleResolution: 'bundler',
      noUnusedLocals: false,
    },
    include: [`${folder}/*`],
  };

  /** Compiles them in one run. Returns what tsc reports, by the place of the block. */
  function compile(blocks: readonly [string, string][]): string[] {
    const files = Object.entries({ ...SURROUNDINGS, 'tsconfig.json': JSON.stringify(OPTIONS) });
    for (const [name, text] of files) writeFileSync(join(folder, name), text);
    for (const [index, [, code]] of blocks.entries()) {
      writeFileSync(join(folder, `block-${index}.ts`), `${code}\nexport {};\n`);
    }
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const { stdout } = spawnSync(process.execPath, [tsc, '--project', folder], {
      encoding: 'utf8',
    });
    return stdout
      .split('\n')
      .filter((line) => /error TS/.test(line))
      .map((line) =>
        line.replace(/^.*block-(\d+)\.ts/, (_, index: string) => blocks[Number(index)]?.[0] ?? ''),
      );
  }

  test('every example compiles, and a mistake is found', () => {
    const mistake: [string, string] = ['made-up.md:1', "const id: number = 'one';"];
    const reported = compile([...alone('ts'), mistake]);
    expect(reported).toEqual([expect.stringMatching(/^made-up\.md:1\(1,7\): error TS2322/)]);
  });
  test.each(blocksOf('ts', 'fragment'))('%s parses', (_place, code) => {
    stripTypeScriptTypes(code);
  });
  test.each(blocksOf('tsx', 'fragment'))('%s parses', async (_place, code) => {
    await transformWithOxc(code, 'block.tsx');
  });
});
