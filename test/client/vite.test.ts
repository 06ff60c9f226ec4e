/**
 * The typed client of docs/graphql.md, as a reader makes it: the printed files in a stock Vite project (the folder
 * vite-react-ts is what create-vite 9.3.0 writes), the files of `npm run client`, graphql-codegen, tsc and a build.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientFiles } from '../../src/client/files.ts';
import { writeFiles } from '../../src/client/write.ts';
import { DOCUMENTS, partsOf } from '../docs/markdown.ts';
import { ROOT, shippedRoot } from '../support/process.ts';

// Inside the checkout, where the packages that the files import are found.
const cache = join(ROOT, 'node_modules/.cache');
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, 'vite-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Path in the project → text of the block that is named after it. */
const PRINTED = new Map(
  DOCUMENTS.flatMap((document) => partsOf(document).blocks)
    .filter(({ word }) => /^[\w/.]+\.tsx?$/.test(word))
    .map(({ word, code }) => [word, code] as const),
);

/** Runs a program of node_modules in the project. Returns what it printed if it failed, else nothing. */
function run(program: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, 'node_modules', program), ...args],
    { cwd: folder, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } },
  );
  return status === 0 ? '' : `${stdout}${stderr}`;
}

const compile = () => run('typescript/bin/tsc', '--build', '--force');

/** What tsc says with other texts in a file; the file is as before afterwards. */
function compileWith(path: string, changes: readonly (readonly [from: string, to: string])[]) {
  const file = join(folder, path);
  const text = readFileSync(file, 'utf8');
  for (const [from] of changes) expect(text).toContain(from);
  writeFileSync(
    file,
    changes.reduce((changed, [from, to]) => changed.replace(from, to), text),
  );
  try {
    return compile();
  } finally {
    writeFileSync(file, text);
  }
}

describe('a stock Vite project', () => {
  beforeAll(() => {
    cpSync(join(import.meta.dirname, 'vite-react-ts'), folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
    writeFileSync(join(folder, 'src/index.css'), '');
    for (const [path, text] of PRINTED) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), `${text}\n`);
    }
    const sdl = readFileSync(join(shippedRoot(), 'test/app/schema.graphql'), 'utf8');
    writeFiles(clientFiles(sdl), { directory: join(folder, 'src/rowguard'), force: false });
  });

  test('has the files that the documents print', () => {
    expect([...PRINTED.keys()].sort()).toEqual(
      ['codegen.ts', 'src/App.tsx', 'src/apollo.ts', 'src/client.ts'].sort(),
    );
  });
  test('gets its types from graphql-codegen', () => {
    expect(run('@graphql-codegen/cli/esm/bin.js')).toBe('');
  });
  test('compiles under its own strict settings', () => {
    expect(compile()).toBe('');
  });
  test('a wrong field, code or reason is found', () => {
    const reported = compileWith('src/App.tsx', [
      ['task.title', 'task.titel'],
      ["'CONFLICT'", "'CONFLICTS'"],
      ['tasks.nodes', 'tasks.rows'],
    ]);
    expect(reported).toMatch(/TS2339.*'rows'/);
    expect(reported).toMatch(/TS2367.*"CONFLICTS"/);
    expect(compileWith('src/App.tsx', [["'STALE'", "'OLD'"]])).toMatch(/TS2367.*"OLD"/);
  });
  test('builds', () => {
    expect(run('vite/bin/vite.js', 'build')).toBe('');
  });
});
