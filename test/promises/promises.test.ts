/**
 * Every row of docs/security.md has a break, and every test that a row names has one that it must notice.
 * `npm run promises` carries the breaks out; this file only compares the two lists.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../src/migrate/root.ts';
import { PROMISES } from './all.ts';
import { promisedIn } from './document.ts';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const rows = promisedIn(read('docs/security.md'));

test('the rows of the document are the rows with breaks, in the same order', () => {
  expect(rows.length).toBeGreaterThan(35);
  expect(PROMISES.map(({ row }) => row)).toEqual(rows.map(({ row }) => row));
});

test.each(PROMISES)('$row', ({ row, breaks }) => {
  const named = rows.find((one) => one.row === row)?.tests ?? [];
  const broken = new Set(breaks.flatMap(({ fails }) => fails));
  expect(broken.size).toBeGreaterThan(0);
  expect([...broken].sort()).toEqual([...named].sort());
  for (const { file, edits } of breaks) {
    const text = read(file);
    for (const [from, to] of edits) {
      expect(to).not.toBe(from);
      expect([file, from, text.split(from).length - 1]).toEqual([file, from, 1]);
    }
  }
});
