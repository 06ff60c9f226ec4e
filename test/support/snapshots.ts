/** Where the snapshot of the API lies, relative to the repository. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './process.ts';

export function apiSnapshot(): string {
  const places = ['test/app/schema.graphql', 'test/schema.graphql'];
  const found = places.find((place) => existsSync(join(ROOT, place)));
  if (!found) throw new Error(`none of ${places.join(', ')} is there`);
  return found;
}
