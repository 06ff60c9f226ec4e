/** Templates and compiled plans keep no reference to a request. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { useOperations } from '../../support/compiled.ts';
import { useTestDatabase } from '../../support/database.ts';

const database = useTestDatabase();
const operations = useOperations(database);

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Without the first request of an operation: grafast keeps the context that it planned with. */
const alive = (): number => {
  collectGarbage();
  return operations.settings.slice(1).filter((settings) => settings.deref()).length;
};

test('the settings of a finished request are garbage, and so is all that refers to them', async () => {
  const text =
    'query ($id: Int!, $n: Int, $at: Cursor) { task(id: $id) { title } tasks(first: $n, after: $at) { nodes { id } pageInfo { endCursor } } }';
  for (let i = 0; i < 12; i++) {
    const { by, result } = await operations.run(60 + (i % 3), text, { id: i, n: 1 + (i % 2) });
    expect([by, result.errors]).toEqual(['compiled', undefined]);
  }
  expect(operations.settings).toHaveLength(12);
  await expect.poll(alive, { timeout: 5000 }).toBe(0);
});

test('the measurement finds a reference that is kept', async () => {
  const text = '{ me { id } }';
  for (const who of [60, 61]) await operations.run(who, text);
  const held = operations.settings.at(-1)?.deref();
  // The context of the plan, and the one kept on purpose.
  expect(alive()).toBe(2);
  expect(held).toBeDefined();
});
