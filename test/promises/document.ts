/** The promises as docs/security.md has them: takes its text, returns the rows of the tables of promises. */
import type { NamedTest } from './promise.ts';

export interface DocumentRow {
  /** The first cell. */
  readonly row: string;
  readonly tests: readonly NamedTest[];
}

/** Everything between these two headings is promises. */
const FIRST = '## What is guaranteed';
const NEXT = '## The matrix';

export function promisedIn(document: string): DocumentRow[] {
  const part = document.slice(document.indexOf(FIRST), document.indexOf(NEXT));
  return part
    .split('\n')
    .filter((line) => /^\| (?!guaranteed|---)/.test(line))
    .map((line) => ({
      row: /^\| (.*?) \| /.exec(line)?.[1] ?? '',
      tests: [...line.matchAll(/`(test\/[\w./-]+\.test\.ts)` › _((?:[^_]|_(?=\w))+)_/g)].map(
        ([, file, title]) => `${file} › ${title}` as NamedTest,
      ),
    }));
}
