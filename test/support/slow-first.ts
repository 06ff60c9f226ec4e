/**
 * The order of the test files: those that take longest come first, so that no worker ends the run alone. Vitest
 * knows this from the run before; on a clean clone, as in CI, it goes by the size of the files. A name that is
 * missing here costs time only.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const SLOW = [
  'docs/adding-a-table',
  'cli/trouble',
  'cli/chain',
  'cli/commands',
  'faults/fairness',
  'cli/start',
  'migrate/next-table',
  'faults/unread',
  'migrate/direct',
  'independence',
  'doctor/rules',
  'proof/property',
  'migrate/scaffold',
  'graphql/compiled/fuzz',
  'cli/dev',
  'cli/breaking',
];

const place = ({ moduleId }: TestSpecification): number => {
  const index = SLOW.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
  return index < 0 ? SLOW.length : index;
};

export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const known = files.every((file) => this.ctx.cache.getTestSpecificationResult(file));
    return known ? sorted : sorted.toSorted((a, b) => place(a) - place(b));
  }
}
