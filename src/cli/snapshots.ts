/**
 * Writes the two generated snapshots, the schema as SQL and as GraphQL. Takes a migrated shadow database.
 * Writes nothing in a deployment without test/app.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withClient } from '../database/connect.ts';
import { dumpSchema } from '../migrate/dump.ts';
import { ROOT } from '../migrate/root.ts';
import type { Shadow } from '../migrate/shadow.ts';

/** `printed`: the API of the same schema, if it has been printed before. */
export async function writeSnapshots(shadow: Shadow, printed?: string): Promise<void> {
  const directory = join(ROOT, 'test/app');
  if (!existsSync(directory)) return;
  const { printApi } = await import('../graphql/print.ts');
  const api = printed ?? (await printApi(shadow.authenticatorUrl));
  writeFileSync(join(directory, 'schema.sql'), await withClient(shadow.url, dumpSchema));
  writeFileSync(join(directory, 'schema.graphql'), api);
}
