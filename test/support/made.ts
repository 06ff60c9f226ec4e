/**
 * A stopped data directory that a first `npm start` made: database, demo accounts, no process. The first test
 * that asks in a run makes it, because a first start takes three times as long as a second one. Each caller gets
 * a copy, with owners and modes.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inject } from 'vitest';
import { ready, start, temporaryDirectory } from './process.ts';

/** Copies `data` into the directory, by default into a new one that is removed after the test. */
export async function stoppedDatabase(directory = temporaryDirectory()): Promise<string> {
  const made = await makeOnce(join(inject('runDirectory'), 'made'));
  execFileSync('cp', ['-a', join(made, 'data'), directory]);
  return directory;
}

async function makeOnce(home: string): Promise<string> {
  const done = join(home, 'done');
  while (!existsSync(done)) {
    if (claim(home)) await make(home, done);
    else await sleep(50);
  }
  return home;
}

/** Test files run in several processes: one of them makes the directory. */
function claim(home: string): boolean {
  try {
    mkdirSync(home);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function make(home: string, done: string): Promise<void> {
  try {
    chmodSync(home, 0o755);
    const first = start(home);
    await ready(first);
    first.child.kill('SIGINT');
    const code = await first.exit;
    if (code !== 0) throw new Error(`npm start ended with ${code}:\n${first.output()}`);
    writeFileSync(done, '');
  } catch (error) {
    // The next test that asks tries again.
    rmSync(home, { recursive: true, force: true });
    throw error;
  }
}
