/**
 * `npm run bench`: this server beside what somebody would use instead, on this machine, in one run.
 * Installs the peers if they are missing, then hands over. Knows nothing of what is measured.
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
    // PostGraphile takes anything else for its own development, which is much slower.
    process.env.GRAPHILE_ENV = 'production';
    if (chosen.command === 'growth') await (await import('./growth.ts')).runGrowth(chosen);
    else await (await import('./compare.ts')).runComparison(chosen);
  }
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

function installPeers(): void {
  console.log('Installing what this server is compared with into bench/node_modules …');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: HERE,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error('npm ci in bench/ failed: it needs a way to the npm registry.');
}
