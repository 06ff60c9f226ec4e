/**
 * Prints what the doctor finds in a developer's database after current.sql was run. Takes the owner's URL.
 * Never refuses anything: the developer is still writing the migration.
 */
import { withClient } from '../database/connect.ts';
import { examine } from './doctor.ts';
import { report } from './report.ts';

export async function consult(ownerUrl: string, say: (line: string) => void): Promise<void> {
  const findings = await withClient(ownerUrl, (client) => examine(client));
  const shown = findings.filter(({ code }) => code !== 'SERVER_VERSION');
  if (shown.length > 0) say(`\nThe doctor on migrations/current.sql:\n\n${report(shown)}\n`);
}
