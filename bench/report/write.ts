/** Writes results to bench/*.json, pictures to docs/, tables into docs/performance.md. Overwrites them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

export function writeResults(name: string, results: object): void {
  writeFileSync(join(ROOT, `bench/${name}.json`), `${JSON.stringify(results, null, 1)}\n`);
}

export function writePicture(name: string, svg: string): void {
  writeFileSync(join(ROOT, `docs/${name}.svg`), svg);
}

/** performance.md has the summary, benchmark.md all figures. */
export type Document = 'performance' | 'benchmark';

/** Replaces the text between `<!-- bench:name -->` and `<!-- /bench:name -->`. */
export function writeSection(document: Document, name: string, text: string): void {
  const file = join(ROOT, `docs/${document}.md`);
  const [begin, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const before = readFileSync(file, 'utf8');
  const [from, to] = [before.indexOf(begin), before.indexOf(end)];
  if (from < 0 || to < from)
    throw new Error(`docs/${document}.md has no section <!-- bench:${name} -->`);
  const after = `${before.slice(0, from + begin.length)}\n\n${text}\n\n${before.slice(to)}`;
  writeFileSync(file, after);
}
