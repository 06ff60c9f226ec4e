/** Puts what was measured where it is read: results beside the benchmark, pictures and tables in docs/. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const DOCUMENT = join(ROOT, 'docs/performance.md');

export function writeResults(name: string, results: object): void {
  writeFileSync(join(ROOT, `bench/${name}.json`), `${JSON.stringify(results, null, 1)}\n`);
}

export function writePicture(name: string, svg: string): void {
  writeFileSync(join(ROOT, `docs/${name}.svg`), svg);
}

/** What stands between `<!-- bench:name -->` and `<!-- /bench:name -->`. */
export function writeSection(name: string, text: string): void {
  const [begin, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const before = readFileSync(DOCUMENT, 'utf8');
  const [from, to] = [before.indexOf(begin), before.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no place for ${name}`);
  const after = `${before.slice(0, from + begin.length)}\n\n${text}\n\n${before.slice(to)}`;
  writeFileSync(DOCUMENT, after);
}
