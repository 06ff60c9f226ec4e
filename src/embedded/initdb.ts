/**
 * Creates a cluster with initdb. Takes its place and the superuser's password; leaves a complete cluster
 * or none. The password is never on a command line: initdb reads it from a file of mode 0600.
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

/** Sort order must not depend on the machine's locales. */
const LOCALE = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];

/**
 * initdb writes to a draft directory that is renamed at the end, so a kill leaves no half cluster. Each
 * call uses a new draft: the initdb of a killed start may still run for seconds and cleans up its own.
 */
export async function initCluster(
  place: ClusterPlace,
  superuserPassword: string,
  locale: readonly string[] = LOCALE,
): Promise<void> {
  // The target of a link may have been removed by hand.
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

/** Removes drafts of killed starts. A draft that is still written to is left for the next start. */
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
