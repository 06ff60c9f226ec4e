import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/cluster.ts',
    // PostGraphile's development mode is slower and never runs in Rowguard (src/config.ts).
    env: { GRAPHILE_ENV: 'production' },
    // Long enough for a busy machine. Tests never measure time with these limits.
    expect: { poll: { timeout: 5000 } },
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
