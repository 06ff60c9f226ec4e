/** Counting requests that come at once; the limit itself is tested over HTTP in test/graphql/execution/limits.test.ts. */
import { MemoryStore, type Options } from 'express-rate-limit';
import { expect, test } from 'vitest';
import { CopyingStore } from '../../src/http/rate-limit.ts';

async function hitsOf(store: MemoryStore): Promise<number[]> {
  store.init({ windowMs: 60_000 } as Options);
  const counted = await Promise.all([1, 2, 3].map(() => store.increment('one person')));
  store.shutdown();
  return counted.map(({ totalHits }) => totalHits);
}

test('each of several requests that come at once has a number of its own', async () => {
  expect(await hitsOf(new CopyingStore())).toEqual([1, 2, 3]);
});

test('the package’s own store gives all of them the last one’s: the reason for ours', async () => {
  expect(await hitsOf(new MemoryStore())).toEqual([3, 3, 3]);
});
