/** A migration that breaks the API, or removes objects by cascade, is committed only if that is meant. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { useCheckout } from '../support/checkout.ts';
import { useTestDatabase } from '../support/database.ts';

const database = useTestDatabase();
const checkout = useCheckout(() => ({
  DATABASE_URL: database.urls.owner,
  AUTH_DATABASE_URL: database.urls.authenticator,
  ROOT_DATABASE_URL: inject('rootUrl'),
}));
const committed = () => readdirSync(join(checkout.root, 'migrations/committed')).sort();
const before = committed();
const api = () => checkout.read('test/app/schema.graphql');

test('a column less: refused with the list, and with what a cascade takes along', {
  timeout: 180_000,
}, async () => {
  const promised = api();
  checkout.save(`alter table public.task drop column if exists description cascade;
    drop function if exists app_private.refuse_change() cascade;`);
  const { code, stderr } = await checkout.db('commit', '-m', 'less');
  expect(code).toBe(1);
  expect(stderr).toContain('The migration breaks the API that clients use');
  expect(stderr).toContain('It removes, without naming them, by cascade:');
  for (const line of [
    'Task.description was removed.',
    'TaskInput.description was removed.',
    'trigger _100_immutable on public.task',
  ])
    expect(stderr).toContain(`  - ${line}\n`);
  expect(stderr).not.toContain('function app_private.refuse_change');
  expect(stderr).toContain('or, if this is meant, run: npm run db -- commit --breaking');
  expect(committed()).toEqual(before);
  expect(api()).toBe(promised);
});

test('watch warns of the same; commit --breaking commits it and names it', {
  timeout: 180_000,
}, async () => {
  checkout.save('drop function if exists public.clear_completed_tasks();');
  const saved = await checkout.db('watch', '--once');
  expect(saved.stderr).toContain('  - Mutation.clearCompletedTasks was removed.\n');
  expect(saved.stderr).toContain('npm run db -- commit will ask for --breaking if this is meant.');
  expect(saved.stderr).not.toContain('by cascade');

  const meant = await checkout.db('commit', '--breaking', '-m', 'less');
  expect(meant).toMatchObject({ code: 0, stderr: expect.stringMatching(/^Committed\./m) });
  expect(meant.stderr).toContain('  - Mutation.clearCompletedTasks was removed.\n');
  expect(committed()).toHaveLength(before.length + 1);
  expect(api()).not.toContain('clearCompletedTasks');
});
