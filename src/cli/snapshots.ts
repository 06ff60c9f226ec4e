/** Rewrites the two generated files that a reviewer of a migration reads. Receives the shadow database. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withClient } from '../database/connect.ts';
import { dumpSchema } from '../migrate/dump.ts';
import { ROOT } from '../migrate/root.ts';
import type { Shadow } from '../migrate/shadow.ts';

export async function writeSnapshots(shadow: Shadow): Promise<void> {
  const directory = join(ROOT, 'test');
  if (!existsSync(directory)) return;
  const { printApi } = await import('../graphql/print.ts');
  const api = await printApi(shadow.authenticatorUrl);
  writeFileSync(join(directory, 'schema.sql'), await withClient(shadow.url, dumpSchema));
  writeFileSync(join(directory, 'schema.graphql'), api);
}
