/**
 * Gives the committed migrations of a copy the hashes that fit their text, so that a broken line is run
 * instead of being refused as edited. Returns a function that puts every header back.
 */
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { calculateHash } from 'graphile-migrate/dist/hash.js';

export function rehash(root: string): () => void {
  const folder = join(root, 'migrations/committed');
  const before = new Map<string, string>();
  let previous: string | null = null;
  for (const file of readdirSync(folder).sort()) {
    const path = join(folder, file);
    const text = readFileSync(path, 'utf8');
    before.set(path, text);
    const end = text.indexOf('\n\n');
    const body = text.slice(end + 2);
    const hash = calculateHash(body, previous);
    const headers = text
      .slice(0, end)
      .replace(/^--! Previous: .*$/m, `--! Previous: ${previous ?? '-'}`)
      .replace(/^--! Hash: .*$/m, `--! Hash: ${hash}`);
    chmodSync(path, 0o644);
    writeFileSync(path, `${headers}\n\n${body}`);
    previous = hash;
  }
  return () => {
    for (const [path, text] of before) if (path) writeFileSync(path, text);
  };
}
