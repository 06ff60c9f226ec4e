/**
 * The framework's tests do not depend on the application: in a copy of the checkout with an application
 * committed on top, they pass unchanged. `npm test` runs two of the files that depended on it most, CI all of
 * them (PROOFS=whole). INDEPENDENCE=all runs every test outside test/app.
 */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commitApplication } from './support/application.ts';
import { useCheckout } from './support/checkout.ts';
import { ROOT } from './support/process.ts';
import { WHOLE_PROOFS } from './support/proofs.ts';

/** One that reads the schema of the database and one that reads the API's. */
const SHORT = ['test/database/schema.test.ts', 'test/graphql/schema/shape.test.ts'];

const REPRESENTATIVE = WHOLE_PROOFS
  ? [
      ...SHORT,
      'test/doctor/sabotage.test.ts',
      'test/graphql/plans.test.ts',
      'test/graphql/schema/writes.test.ts',
      'test/migrate/upgrade.test.ts',
      'test/proof/complete.test.ts',
    ]
  : SHORT;
const all = process.env.INDEPENDENCE === 'all';

const checkout = useCheckout(() => ({}));

function runTests(args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const { PATH = '', HOME = '' } = process.env;
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', '--reporter=dot', ...args], {
    cwd: checkout.root,
    env: { PATH, HOME },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk;
    });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })));
}

/** Some tests read more than a copy has: the README, examples, the benchmark. */
function addTheRest(): void {
  for (const name of readdirSync(ROOT)) {
    const copy = join(checkout.root, name);
    if (existsSync(copy) || name === '.git' || name.startsWith('.data')) continue;
    cpSync(join(ROOT, name), copy, {
      recursive: true,
      filter: (path) => !path.endsWith('node_modules'),
    });
  }
}

test('the framework’s tests pass unchanged with an application committed on top', {
  timeout: all ? 3_600_000 : 600_000,
}, async () => {
  commitApplication(checkout.root);
  if (all) addTheRest();
  const others = ['--exclude=test/app/**', '--exclude=test/independence.test.ts'];
  const { code, output } = await runTests(all ? others : REPRESENTATIVE);
  expect(code, output).toBe(0);
  if (!all) expect(output).toMatch(new RegExp(`Test Files .*${REPRESENTATIVE.length} passed`));
});
