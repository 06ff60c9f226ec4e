/**
 * `npm run promises`: breaks the lines behind docs/security.md one at a time in a copy of the checkout, and
 * expects the test that the document names to fail. Prints a table; exit code 1 if a test passes with its
 * line broken. Takes words of promises to try only those. Changes nothing in the checkout itself.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../src/migrate/root.ts';
import { copyCheckout } from '../support/shipped.ts';
import { PROMISES, type Promised } from './promises.ts';
import { rehash } from './rehash.ts';

type Verdict = 'fails, as it must' | 'PASSES: the test does not hold the line' | 'NOT RUN';

const words = process.argv.slice(2).map((word) => word.toLowerCase());
const chosen = PROMISES.filter(({ promise }) =>
  words.every((word) => promise.toLowerCase().includes(word)),
);

const root = realpathSync(mkdtempSync(join(tmpdir(), 'rowguard-promises-')));
copyCheckout(ROOT, root);
const rows: string[] = [];
let bad = 0;
try {
  // The control: unbroken, each of these tests passes.
  const files = [...new Set(chosen.map(({ test }) => test))];
  if (!run(files).passed) throw new Error('The tests do not pass as they are; nothing was tried.');
  for (const promised of chosen) {
    const verdict = tryBroken(promised);
    if (verdict !== 'fails, as it must') bad++;
    rows.push(`| ${promised.promise} | \`${promised.file}\` | ${verdict} |`);
    console.error(`${verdict}: ${promised.promise}`);
  }
} finally {
  rmSync(root, { recursive: true, force: true });
}
console.log(['| promise | line broken in | its test |', '| --- | --- | --- |', ...rows].join('\n'));
console.log(`\n${chosen.length - bad} of ${chosen.length} lines are held by their test.`);
process.exitCode = bad > 0 ? 1 : 0;

function tryBroken({ file, from, to, test, title }: Promised): Verdict {
  const path = join(root, file);
  const text = readFileSync(path, 'utf8');
  if (!text.includes(from)) throw new Error(`${file} no longer has the line:\n${from}`);
  writeFileSync(
    path,
    text.replace(from, () => to),
  );
  const restore = file.startsWith('migrations/committed/') ? rehash(root) : () => {};
  try {
    const { passed, ran } = run([test], title);
    // A chain that no longer runs, or a program that no longer starts, is found out as well.
    if (!ran && passed) return 'NOT RUN';
    return passed ? 'PASSES: the test does not hold the line' : 'fails, as it must';
  } finally {
    // First the headers of the whole chain, then this file's own text.
    restore();
    writeFileSync(path, text);
  }
}

/** Runs test files in the copy, or the tests of one file whose title holds the words. */
function run(files: readonly string[], title?: string): { passed: boolean; ran: boolean } {
  const named = title ? ['--testNamePattern', escaped(title)] : [];
  const { status, stdout } = spawnSync(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', ...files, ...named],
    { cwd: root, encoding: 'utf8', maxBuffer: 1e8 },
  );
  if (process.env.PROMISES_VERBOSE) console.error(stdout);
  return { passed: status === 0, ran: / (passed|failed)/.test(stdout.split('Tests').at(-1) ?? '') };
}

/** A title of a table of tests holds placeholders (%s, $what), which stand for anything. */
function escaped(title: string): string {
  return title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/%s|\\\$\w+/g, '.*');
}
