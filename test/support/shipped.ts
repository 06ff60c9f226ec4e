/**
 * The migrations that ship with Rowguard, and a copy of the checkout that has no others. The framework's
 * tests run on this chain, so that no migration of an application can change their results.
 * Never writes into the checkout.
 */
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import JSON5 from 'json5';

/** In order. A framework release that adds a migration adds its file here; an application never does. */
export const SHIPPED: readonly string[] = [
  '000001-identity.sql',
  '000002-user.sql',
  '000003-task.sql',
  '000004-account.sql',
  '000005-psql.sql',
  '000006-deletions.sql',
  '000007-task-actions.sql',
  '000008-schema-state.sql',
  '000009-direct.sql',
];

/** What the commands and the tests need of a checkout. */
export const PARTS: readonly string[] = [
  'src',
  'migrations',
  'test',
  'docs',
  '.gmrc',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
];

/** Whether the application has committed migrations of its own. Throws if a shipped file is missing. */
export function hasOwnMigrations(root: string): boolean {
  const files = readdirSync(join(root, 'migrations/committed'));
  const missing = SHIPPED.filter((file) => !files.includes(file));
  if (missing.length > 0)
    throw new Error(`SHIPPED names files that migrations/committed lacks: ${missing.join(', ')}`);
  return files.some((file) => file.endsWith('.sql') && !SHIPPED.includes(file));
}

/** Copies these parts of a checkout into a new directory that any user may read. Packages are shared. */
export function copyCheckout(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  chmodSync(to, 0o755);
  for (const part of PARTS) cpSync(join(from, part), join(to, part), { recursive: true });
  symlinkSync(join(from, 'node_modules'), join(to, 'node_modules'));
}

/** Makes a copy with the shipped migrations only and a current.sql without SQL. */
export function copyShipped(from: string, to: string): void {
  copyCheckout(from, to);
  const committed = join(to, 'migrations/committed');
  for (const file of readdirSync(committed))
    if (!SHIPPED.includes(file)) rmSync(join(committed, file), { force: true });
  const { blankMigrationContent } = JSON5.parse(readFileSync(join(from, '.gmrc'), 'utf8'));
  writeFileSync(join(to, 'migrations/current.sql'), `${blankMigrationContent.trim()}\n`);
}
