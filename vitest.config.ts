import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/cluster.ts',
    // PostGraphile's own development mode is slower and not what runs (see src/config.ts).
    env: { GRAPHILE_ENV: 'production' },
    // Long enough for a busy machine; where a time is promised, the test says so.
    expect: { poll: { timeout: 5000 } },
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
