/** A copy of the checkout that may be broken. Installed packages are shared; `remove` deletes the rest. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../src/migrate/root.ts';

export interface Copy {
  readonly root: string;
  remove(): void;
}

export function copyCheckout(): Copy {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'rowguard-promises-')));
  chmodSync(root, 0o755);
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  for (const file of files.split('\n').filter(Boolean)) {
    if (existsSync(join(ROOT, file))) cpSync(join(ROOT, file), join(root, file));
  }
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) };
}
