/**
 * Generates Prisma's client from schema.prisma into bench/generated/ (ignored by git). Returns undefined,
 * or one line that says why it failed.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const BENCH = join(import.meta.dirname, '../..');

let outcome: { readonly reason: string | undefined } | undefined;

/** Once per run, although peers start twice: it takes a second. */
export function generateClient(): string | undefined {
  outcome ??= { reason: generate() };
  return outcome.reason;
}

function generate(): string | undefined {
  const cli = commandLine();
  if (!cli) return 'it is not installed (npm ci --prefix bench)';
  const schema = join(import.meta.dirname, 'schema.prisma');
  const { status, error, stderr } = spawnSync(
    process.execPath,
    [cli, 'generate', '--schema', schema, '--no-hints'],
    {
      cwd: BENCH,
      encoding: 'utf8',
      timeout: 60_000,
      env: {
        ...process.env,
        // Without this path Prisma downloads the engine. Generating never starts it.
        PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
        CHECKPOINT_DISABLE: '1',
        NO_COLOR: '1',
      },
    },
  );
  if (status === 0) return undefined;
  // The error is at the end of the output.
  const lines = (error?.message ?? stderr).split('\n').filter((line) => line.trim() !== '');
  const line = lines.find((text) => /error/i.test(text)) ?? lines[0];
  return `prisma generate failed: ${line ?? `it ended with ${status}`}`;
}

function commandLine(): string | undefined {
  try {
    const manifest = createRequire(import.meta.url).resolve('prisma/package.json');
    return join(dirname(manifest), 'build/index.js');
  } catch {
    return undefined;
  }
}
