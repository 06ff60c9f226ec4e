/**
 * Makes committed migrations readable by everybody and writable by their owner (0644). graphile-migrate
 * writes them with mode 0440, and another user, a container image or a test of its own cannot read them then.
 */
import { chmodSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root.ts';

const MODE = 0o644;

export function openCommitted(folder: string = join(ROOT, 'migrations')): void {
  const directory = join(folder, 'committed');
  for (const name of readdirSync(directory)) {
    const file = join(directory, name);
    if ((statSync(file).mode & 0o777) !== MODE) chmodSync(file, MODE);
  }
}
