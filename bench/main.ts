/**
 * `npm run bench`: compares Rowguard with alternatives on this machine, in one run. Installs the peers if
 * they are missing, then runs the chosen command. Exit code 1 on an error.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { HELP, readArguments } from './arguments.ts';

const HERE = import.meta.dirname;

try {
  const chosen = readArguments(process.argv.slice(2));
  if (chosen === 'help') console.log(HELP);
  else {
    if (!existsSync(join(HERE, 'node_modules/.package-lock.json'))) installPeers();
    // Without it PostGraphile runs in its development mode, which is much slower.
    process.env.GRAPHILE_ENV = 'production';
    if (chosen.command === 'growth') await (await import('./growth.ts')).runGrowth(chosen);
    else if (chosen.command === 'bulk') await (await import('./bulk.ts')).runBulk(chosen);
    else await (await import('./compare.ts')).runComparison(chosen);
  }
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

function installPeers(): void {
  console.log('Installing the peers into bench/node_modules …');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: HERE,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0)
    throw new Error('npm ci in bench/ failed. It needs access to the npm registry.');
}
