/**
 * Several people at once, at random, over HTTP, their own logins and the server's login, with errors,
 * rollbacks, timeouts, cut connections and clients that hang up. Every row read is its reader's, and
 * after each batch every row is where the model says.
 *
 * A failure prints its seed and path: PROOF_SEED=… PROOF_PATH=… vitest run test/proof/property.test.ts
 * plays it again. PROOF_RUNS=1000 looks for longer. PROOFS=whole, as in CI, runs three times as many as `npm test`.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { useTestDatabase } from '../support/database.ts';
import { WHOLE_PROOFS } from '../support/proofs.ts';
import { useTestServer } from '../support/server.ts';
import { BREAKS } from './breaks.ts';
import { usePlayground } from './playground.ts';
import { batches } from './step.ts';

const DEFAULT_RUNS = WHOLE_PROOFS ? '65' : '20';
const { PROOF_SEED, PROOF_PATH, PROOF_RUNS = DEFAULT_RUNS } = process.env;
const parameters = {
  numRuns: Number(PROOF_RUNS),
  // Whatever hangs, and however long it takes to find the shortest failure, the seed is told in time.
  timeout: 20_000,
  ...(PROOF_RUNS === DEFAULT_RUNS && { interruptAfterTimeLimit: 300_000 }),
  ...(PROOF_SEED && { seed: Number(PROOF_SEED) }),
  ...(PROOF_PATH && { path: PROOF_PATH }),
};

/** What the judge and the model say of rows: nothing that went wrong beside them counts as found out. */
const OF_ROWS = /: (read|answered) |is gone|is (not )?completed|who never made it| says "/;

const useGround = () => {
  const database = useTestDatabase();
  return { database, ground: usePlayground(database, useTestServer(database)) };
};

describe('people at once', () => {
  const { ground } = useGround();
  test(
    'everyone reads and changes only their own tasks, also beside errors, timeouts and lost connections',
    async () => {
      await fc.assert(
        fc.asyncProperty(batches, (played) => ground.play(played)),
        parameters,
      );
      if (!PROOF_PATH && PROOF_RUNS === DEFAULT_RUNS) {
        // About 30 steps a run: fewer would prove less than it says.
        const runs = Number(DEFAULT_RUNS);
        expect(ground.counts.steps).toBeGreaterThan(21 * runs);
        expect(ground.counts.unanswered).toBeGreaterThan(0.75 * runs);
        expect(ground.counts.refused).toBeGreaterThan(1.5 * runs);
      }
    },
    Math.max(330_000, Number(PROOF_RUNS) * 2000),
  );
});

describe('the property test fails when', () => {
  const { database, ground } = useGround();
  test.each(BREAKS)('$what', async ({ broken, mended }) => {
    await database.owner.query(broken);
    try {
      const found = await fc.check(
        fc.asyncProperty(batches, (played) => ground.play(played)),
        { numRuns: 20, endOnFailure: true },
      );
      expect(found.failed).toBe(true);
      expect(String(found.errorInstance)).toMatch(OF_ROWS);
    } finally {
      await database.owner.query(mended);
    }
  });
});
