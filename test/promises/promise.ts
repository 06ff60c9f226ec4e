/**
 * The shape of the list behind `npm run promises`: one entry per row of the promises in docs/security.md. An
 * entry has the lines that keep the promise, each with a broken version, and the tests that must then fail.
 */

/** A test as docs/security.md names it: its file and a part of its title. `%s` and `$name` stand for any text. */
export type NamedTest = `test/${string}.test.ts › ${string}`;

export interface Break {
  /** Path inside the checkout. */
  readonly file: string;
  /** Texts of that file and their replacements. Each text occurs exactly once. */
  readonly edits: readonly (readonly [from: string, to: string])[];
  /** Each of them must fail while the file is broken. */
  readonly fails: readonly NamedTest[];
}

export interface Promised {
  /** The first cell of the row in docs/security.md. */
  readonly row: string;
  readonly breaks: readonly Break[];
}

/** The most common break: one line of one file. */
export const broken = (
  file: string,
  from: string,
  to: string,
  ...fails: readonly NamedTest[]
): Break => ({ file, edits: [[from, to]], fails });

/** The file and the title of a named test. */
export function split(test: NamedTest): readonly [file: string, title: string] {
  const [file = '', title = ''] = test.split(' › ');
  return [file, title];
}

/** Matches the full names of the tests that the title stands for. */
export const titlePattern = (title: string): RegExp =>
  new RegExp(title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/%s|\\\$\w+/g, '.*'));
