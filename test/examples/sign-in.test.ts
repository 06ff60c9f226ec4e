/** The TypeScript of docs/sign-in.md compiles, each block as a file of its own, against Better Auth and Vite. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { partsOf } from '../docs/markdown.ts';
import { ROOT } from '../support/process.ts';

const WEB = join(ROOT, 'examples/web');
const installed = existsSync(join(WEB, 'node_modules/better-auth'));
if (!installed) console.warn('skipped: examples/web has no packages; npm ci --prefix examples/web');

const path = 'docs/sign-in.md';
const { blocks } = partsOf({ path, text: readFileSync(join(ROOT, path), 'utf8') });
const examples = blocks.filter(({ language }) => language.startsWith('ts'));
/** In the order of the page. */
const FILES = ['vite.config.ts', 'SignIn.tsx', 'client.ts', 'auth.ts', 'route.ts', 'tasks.ts'];

test('each block has a file', () => expect(examples).toHaveLength(FILES.length));

test.skipIf(!installed)('the blocks compile, and a mistake is found', () => {
  const cache = join(WEB, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'sign-in-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const config = { extends: join(WEB, 'tsconfig.json'), include: [`${folder}/*`] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  for (const [index, { code }] of examples.entries()) {
    writeFileSync(join(folder, FILES[index] ?? ''), code);
  }
  writeFileSync(join(folder, 'App.tsx'), 'export default () => null;\n');
  writeFileSync(
    join(folder, 'mistake.ts'),
    "import { auth } from './auth';\nauth.api.noSuchCall();\n",
  );
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const { stdout } = spawnSync(process.execPath, [tsc, '--project', folder], { encoding: 'utf8' });
  const errors = stdout.split('\n').filter((line) => /error TS/.test(line));
  expect(errors).toEqual([expect.stringMatching(/mistake\.ts.*noSuchCall/)]);
});
