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
import { renumber } from '../../src/migrate/renumber.ts';

/**
 * By name without the number, in order. A framework release that adds a migration adds its name here; an
 * application never does. An application that takes the release may give the file another number.
 */
export const SHIPPED: readonly string[] = [
  'identity',
  'user',
  'task',
  'account',
  'psql',
  'deletions',
  'task-actions',
  'schema-state',
  'direct',
  'next-column',
  'direct-pages',
  'direct-drop',
  'words',
  'payloads',
  'toggle',
  'live',
  'live-accounts',
];

const isShipped = (file: string): boolean =>
  SHIPPED.includes(/^\d+-(.*)\.sql$/.exec(file)?.[1] ?? '');

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

/** Whether the application has committed migrations of its own. Throws unless each shipped one is there. */
export function hasOwnMigrations(root: string): boolean {
  const files = readdirSync(join(root, 'migrations/committed')).filter((name) =>
    name.endsWith('.sql'),
  );
  const there = files.filter(isShipped).sort();
  const names = there.map((file) => file.replace(/^\d+-|\.sql$/g, ''));
  if (names.join() !== SHIPPED.join())
    throw new Error(
      `SHIPPED names ${SHIPPED.join()}, and migrations/committed has ${names.join()}`,
    );
  return there.length < files.length;
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
  const files = readdirSync(committed).sort();
  for (const file of files) if (!isShipped(file)) rmSync(join(committed, file), { force: true });
  // Closes the gaps: each file names the hash of the one before it.
  renumber(join(to, 'migrations'), files.filter(isShipped));
  const { blankMigrationContent } = JSON5.parse(readFileSync(join(from, '.gmrc'), 'utf8'));
  writeFileSync(join(to, 'migrations/current.sql'), `${blankMigrationContent.trim()}\n`);
}
