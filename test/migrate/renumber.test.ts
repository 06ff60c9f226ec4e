/**
 * Two branches that used one number: every command names both files and the fix, and `db -- renumber` makes
 * one chain of them that runs on an empty database and on one that has run the other branch.
 */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { calculateHash } from 'graphile-migrate/dist/hash.js';
import { beforeEach, expect, test } from 'vitest';
import { listCommitted, readCommitted } from '../../src/migrate/committed.ts';
import { useCheckout } from '../support/checkout.ts';
import { useTestDatabase } from '../support/database.ts';
import { shippedRoot } from '../support/process.ts';
import { copyShipped, hasOwnMigrations } from '../support/shipped.ts';

const database = useTestDatabase();
const checkout = useCheckout(() => ({
  DATABASE_URL: database.urls.owner,
  AUTH_DATABASE_URL: database.urls.authenticator,
}));
const folder = join(checkout.root, 'migrations');
const committed = (file: string) => join(folder, 'committed', file);

const shippedFolder = join(shippedRoot(), 'migrations');

const body = (name: string) => `comment on schema app_private is '${name}';\n`;

/** Adds files of one branch, each naming the one before it. */
function branch(first: string, ...names: string[]): void {
  let previous = first;
  for (const name of names) {
    const hash = calculateHash(body(name), previous);
    const text = `--! Previous: ${previous}\n--! Hash: ${hash}\n--! Message: ${name}\n\n${body(name)}`;
    writeFileSync(committed(name), text);
    previous = hash;
  }
}

const last = readCommitted(folder).at(-1);
const after = (count: number, name: string) =>
  `${String((last?.number ?? 0) + count).padStart(6, '0')}-${name}.sql`;
const [lists, tags, touch] = [after(1, 'lists'), after(2, 'tags'), after(1, 'touch')];

beforeEach(() => {
  rmSync(join(folder, 'committed'), { recursive: true });
  cpSync(join(shippedFolder, 'committed'), join(folder, 'committed'), { recursive: true });
  branch(last?.hash ?? '', lists, tags);
  branch(last?.hash ?? '', touch);
});

test('status, migrate, commit and uncommit name both files and the fix, without a stack', async () => {
  checkout.save('select 1;');
  const commands = [['status'], ['migrate'], ['commit', '-m', 'x'], ['reset', '--yes']];
  for (const command of commands) {
    const { code, stderr } = await checkout.db(...command);
    expect(stderr).toContain(`number ${(last?.number ?? 0) + 1}: ${lists} and ${touch}.`);
    expect(stderr).toContain('npm run db -- renumber <file>');
    expect(stderr).not.toMatch(/^ +at /m);
    expect(code).toBe(1);
  }
  checkout.save('');
  expect((await checkout.db('uncommit', '--yes')).stderr).toContain(`${lists} and ${touch}.`);
});

test('renumber moves the named file to the end; the chain then runs', async () => {
  const { code, stderr } = await checkout.db('renumber', `migrations/committed/${touch}`);
  expect(stderr).toContain(`${touch} is now ${after(3, 'touch')}.`);
  expect(code).toBe(0);
  expect(readFileSync(committed(after(3, 'touch')), 'utf8')).toMatch(
    new RegExp(`\\n\\n${body(touch)}$`),
  );
  expect(readCommitted(folder).some(({ edited }) => edited)).toBe(false);
  expect((await checkout.db('migrate')).code).toBe(0);
  const { rows } = await database.owner.query(
    "select obj_description('app_private'::regnamespace) as comment",
  );
  expect(rows[0].comment).toBe(touch);
});

test('refuses what would break the chain, and changes nothing', async () => {
  const before = readdirSync(join(folder, 'committed'));
  const wrong = [
    [[], 'Which files?'],
    [['000404-none.sql'], 'There is no migrations/committed/000404-none.sql.'],
    [[lists], `name ${tags} too`],
  ] as const;
  for (const [files, message] of wrong) {
    const { code, stderr } = await checkout.db('renumber', ...files);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(code).not.toBe(0);
  }
  expect(readdirSync(join(folder, 'committed'))).toEqual(before);
});

test('several files keep their order', async () => {
  const { code } = await checkout.db('renumber', lists, tags);
  expect(code).toBe(0);
  expect(listCommitted(folder).slice(-3)).toMatchObject([
    { file: touch },
    { file: after(2, 'lists') },
    { file: after(3, 'tags') },
  ]);
});

test('a framework migration that an application moved is found by name, with its shipped content', async () => {
  const [before, direct] = readCommitted(shippedFolder).slice(-2);
  if (!before || !direct) throw new Error('the chain has no two files');
  for (const file of [lists, tags, touch]) rmSync(committed(file));
  const own = direct.file.replace(/-.*/, '-lists.sql');
  branch(before.hash, own);
  expect((await checkout.db('renumber', direct.file)).code).toBe(0);
  expect(hasOwnMigrations(checkout.root)).toBe(true);

  const copy = join(checkout.root, 'copy');
  copyShipped(checkout.root, copy);
  expect(readCommitted(join(copy, 'migrations'))).toEqual(readCommitted(shippedFolder));
});
