/**
 * `npm run promises`: breaks the lines behind docs/security.md one at a time in a copy of the checkout, and
 * expects the named tests to fail. Takes parts of rows, files or test titles, to try only the breaks that have
 * one of them. Prints a table; exit code 1 if a test passes with its line broken. Must never change the
 * checkout itself.
 */
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../src/migrate/root.ts';
import { copyCheckout } from '../support/shipped.ts';
import { PROMISES } from './all.ts';
import { type Break, type NamedTest, split } from './promise.ts';
import { rehash } from './rehash.ts';
import { type Outcome, runTests } from './run.ts';

/** What a broken line must lead to, and what anything else means. */
const VERDICTS: Record<Outcome, string> = {
  failed: 'fails, as it must',
  passed: 'PASSES: the test does not hold the line',
  absent: 'NOT RUN: nothing started, or no test has this title',
};

const HELP = `Usage: npm run promises -- [word …]

Breaks the lines behind docs/security.md one at a time, in a copy of the checkout, and expects the named test
to fail. Words choose the promises that contain all of them. Exit code 1 if a test passes with its line broken.
`;

if (process.argv.some((argument) => argument === '--help' || argument === '-h')) {
  console.log(HELP.trim());
  process.exit(0);
}

const words = process.argv.slice(2).map((word) => word.toLowerCase());
const all = PROMISES.flatMap(({ row, breaks }) => breaks.map((one) => ({ row, ...one })));
const chosen = all.filter(({ row, file, fails }) => {
  const text = [row, file, ...fails].join(' ').toLowerCase();
  return words.length === 0 || words.some((word) => text.includes(word));
});

const root = realpathSync(mkdtempSync(join(tmpdir(), 'rowguard-promises-')));
copyCheckout(ROOT, root);
const lines: string[] = [];
let tried = 0;
let held = 0;
try {
  const tests = [...new Set(chosen.flatMap(({ fails }) => fails))];
  const control = runTests(root, tests);
  for (const one of chosen) {
    const outcomes = tryBroken(one, one.fails);
    for (const [test, { outcome, message }] of outcomes) {
      const sound = control.get(test)?.outcome === 'passed';
      const verdict = sound ? VERDICTS[outcome] : 'NOT TRIED: the test does not pass as it is';
      tried++;
      if (sound && outcome === 'failed') held++;
      const [file, title] = split(test);
      lines.push(`| ${one.row} | \`${one.file}\` | \`${file}\` › _${title}_ | ${verdict} |`);
      console.error(`${verdict}: ${one.row}\n  ${one.file} -> ${test}\n  ${message}`);
    }
  }
} finally {
  rmSync(root, { recursive: true, force: true });
}
const heads = ['| promise | line broken in | its test | result |', '| --- | --- | --- | --- |'];
console.log([...heads, ...lines].join('\n'));
console.log(`\n${held} of ${tried} tests fail when their line is broken.`);
process.exitCode = held < tried ? 1 : 0;

function tryBroken({ file, edits }: Break, tests: readonly NamedTest[]) {
  const path = join(root, file);
  const text = readFileSync(path, 'utf8');
  let changed = text;
  for (const [from, to] of edits) {
    if (!changed.includes(from)) throw new Error(`${file} no longer has the line:\n${from}`);
    changed = changed.replace(from, () => to);
  }
  writeFileSync(path, changed);
  const restore = file.startsWith('migrations/committed/') ? rehash(root) : () => {};
  try {
    return runTests(root, tests);
  } finally {
    // First the headers of the whole chain, then this file's own text.
    restore();
    writeFileSync(path, text);
  }
}
