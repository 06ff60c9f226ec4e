/**
 * The system's psql, as a person uses it. Takes a connection string, commands and standard input; returns the
 * exit code and what psql printed. Tests that need it are skipped where it is not installed.
 */
import { spawn, spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';

export const HAS_PSQL = spawnSync('psql', ['--version'], { stdio: 'ignore' }).status === 0;

export interface Printed {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Unaligned, without headers and without the reader's psqlrc; stops at the first error. */
export function psql(url: string, commands: readonly string[], input = ''): Promise<Printed> {
  const args = ['-XAt', '-v', 'ON_ERROR_STOP=1', '-v', 'VERBOSITY=verbose', '-d', url];
  const { PATH = '' } = process.env;
  const child = spawn('psql', [...args, ...commands.flatMap((command) => ['-c', command])], {
    env: { PATH, HOME: tmpdir() },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}
