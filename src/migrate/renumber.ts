/**
 * Moves committed migrations to the end of the chain, for two branches that used the same number. Takes the
 * folder migrations/ and file names, returns the new names. The SQL stays as it is; number, Previous and
 * Hash change. Never changes a file that is not named. Errors are OperatorErrors, before anything is written.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { calculateHash } from 'graphile-migrate/dist/hash.js';
import { OperatorError } from '../errors.ts';
import { type Committed, listCommitted, refuseEqualNumbers } from './committed.ts';

/** `files` in the order in which they will run. */
export function renumber(folder: string, files: readonly string[]): string[] {
  const all = listCommitted(folder);
  for (const file of files) {
    if (all.some((one) => one.file === file)) continue;
    throw new OperatorError(
      `There is no migrations/committed/${file}.`,
      'name files of migrations/committed: npm run db -- renumber 000010-lists.sql',
    );
  }
  const staying = all.filter(({ file }) => !files.includes(file));
  refuseEqualNumbers(staying);
  refuseBrokenChain(staying);

  const directory = join(folder, 'committed');
  let { number, hash: previous } = staying.at(-1) ?? { number: 0, hash: null };
  const moves = [...new Set(files)].map((file) => {
    number += 1;
    const name = file.replace(/^\d+/, String(number).padStart(6, '0'));
    const text = moved(readFileSync(join(directory, file), 'utf8'), previous);
    previous = text.hash;
    return { file, name, text: text.whole };
  });
  // Removed first: a file's new name can be the old name of another one.
  for (const { file } of moves) rmSync(join(directory, file));
  for (const { name, text } of moves) writeFileSync(join(directory, name), text, { mode: 0o644 });
  return moves.map(({ name }) => name);
}

function moved(text: string, previous: string | null): { whole: string; hash: string } {
  const end = text.indexOf('\n\n');
  const body = text.slice(end + 2);
  const hash = calculateHash(body, previous);
  const headers = text
    .slice(0, end)
    .replace(/^--! Previous: .*$/m, `--! Previous: ${previous ?? '-'}`)
    .replace(/^--! Hash: .*$/m, `--! Hash: ${hash}`);
  return { whole: `${headers}\n\n${body}`, hash };
}

/** A file that followed a moved one has to be moved with it. */
function refuseBrokenChain(staying: readonly Committed[]): void {
  for (const [index, { previous, file }] of staying.entries()) {
    if (previous === (staying[index - 1]?.hash ?? '-')) continue;
    throw new OperatorError(
      `${file} was committed after another file than the one that would be before it.`,
      `name ${file} too, or choose the other branch's files: those that no shared database has run.`,
    );
  }
}
