import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { SlowFirst } from './test/support/slow-first.ts';

// Each worker and each program that a test starts compiles the same packages. With Node's compile cache
// only the first one does. Workers inherit it from here, programs get it from test/support/process.ts.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/compile');

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/cluster.ts',
    setupFiles: 'test/support/clean-up.ts',
    // The files of a worker share its modules: loading PostGraphile takes longer than most files run.
    isolate: false,
    // PostGraphile's development mode is slower and never runs in Rowguard (src/config.ts).
    env: { GRAPHILE_ENV: 'production' },
    // Long enough for a busy machine. Tests never measure time with these limits.
    expect: { poll: { timeout: 20_000 } },
    maxWorkers: 2,
    sequence: { sequencer: SlowFirst },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
