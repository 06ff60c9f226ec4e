/**
 * Makes a cluster. Receives its place and the superuser's password; leaves a whole cluster there or none. The
 * password must never be on a command line: it is in a file of mode 0600 while initdb runs.
 */
import { spawn } from 'node:child_process';
import {
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ClusterError, type ClusterPlace, detachedAs } from './place.ts';

/** The same order of letters on every machine, whatever its locales are. */
const LOCALE = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];

/**
 * `initdb` in a directory beside the final one, then a rename: a kill in between leaves no half cluster. A new
 * directory each time: the initdb of a start that was killed goes on for a second or two, and empties its own
 * when it fails.
 */
export async function initCluster(
  place: ClusterPlace,
  superuserPassword: string,
  locale: readonly string[] = LOCALE,
): Promise<void> {
  // Where it is only linked to, somebody may have removed it by hand.
  mkdirSync(dirname(place.directory), { recursive: true });
  const draft = mkdtempSync(`${place.directory}.new-`);
  const passwordFile = `${place.directory}.password`;
  writeFileSync(passwordFile, superuserPassword, { mode: 0o600 });
  if (place.user) {
    chownSync(draft, place.user.uid, place.user.gid);
    chownSync(passwordFile, place.user.uid, place.user.gid);
  }
  try {
    await run(place, place.binaries.initdb, [
      `--pgdata=${draft}`,
      '--username=postgres',
      '--auth=scram-sha-256',
      `--pwfile=${passwordFile}`,
      '--encoding=UTF8',
      ...locale,
      '--no-instructions',
      ...(place.disposable ? ['--no-sync'] : []),
    ]);
    renameSync(draft, place.directory);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** What killed starts have left. One that is still written to can not be removed yet; the next start does. */
export function removeDrafts(directory: string): void {
  for (const name of readdirSync(dirname(directory))) {
    if (!name.startsWith(`${basename(directory)}.new`)) continue;
    try {
      rmSync(join(dirname(directory), name), { recursive: true, force: true });
    } catch {}
  }
}

async function run(place: ClusterPlace, program: string, args: string[]): Promise<void> {
  const child = spawn(program, args, {
    ...detachedAs(place),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const code = await new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(String(error)));
    child.once('close', (exit, signal) => resolve(exit ?? signal ?? 'unknown'));
  });
  if (code !== 0) throw new ClusterError(`initdb failed (${code})`, output.trim());
}
