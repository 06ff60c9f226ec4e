/**
 * A copy of the checkout with the shipped migrations, for a test file: what the commands change
 * (current.sql, committed files, the snapshots) is changed there. Installed packages are shared.
 */
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { runOnce, shippedRoot } from './process.ts';
import { copyCheckout } from './shipped.ts';

export interface Checkout {
  readonly root: string;
  /** What migrations/current.sql starts with when nothing is in it. */
  readonly blank: string;
  read(file: string): string;
  /** Saves migrations/current.sql with this SQL after its first lines. */
  save(sql: string): void;
  /** Runs `npm run db -- …`. */
  db(...args: string[]): Promise<{ code: number | string; stdout: string; stderr: string }>;
}

export function useCheckout(env: () => Record<string, string>): Checkout {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'rowguard-checkout-')));
  copyCheckout(shippedRoot(), root);
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const current = join(root, 'migrations/current.sql');
  const blank = readFileSync(current, 'utf8');
  return {
    root,
    blank,
    read: (file) => readFileSync(join(root, file), 'utf8'),
    save: (sql) => writeFileSync(current, `${blank}${sql}\n`),
    db: (...args) => runOnce('src/cli/db.ts', args, env(), root),
  };
}
