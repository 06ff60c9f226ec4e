/**
 * The doctor for graphile-migrate (.gmrc). Takes the database from GM_DBURL, prints the findings on stderr.
 * With `--warn`, after each run of current.sql, it must never fail: the watcher goes on. Without `--warn`, on
 * the shadow database, exit code 1 makes `commit` undo the migration.
 */
import { migratedUrl } from '../config.ts';
import { withClient } from '../database/connect.ts';
import { examine } from '../doctor/doctor.ts';
import { judgeShadow, type Verdict } from '../doctor/gate.ts';
import { report } from '../doctor/report.ts';
import { describeError, OperatorError } from '../errors.ts';

const warnOnly = process.argv.includes('--warn');

async function judge(): Promise<Verdict> {
  const url = migratedUrl();
  if (!url) {
    throw new OperatorError(
      'GM_DBURL is not set: only graphile-migrate runs this command.',
      'run npm run doctor.',
    );
  }
  return withClient(url, async (client) => {
    if (!warnOnly) return await judgeShadow(client);
    return { findings: await examine(client), refused: false };
  });
}

try {
  const { findings, refused } = await judge();
  // A migration cannot change the version of PostgreSQL.
  const shown = findings.filter(({ code }) => code !== 'SERVER_VERSION');
  // On stderr, which graphile-migrate prints as an error.
  if (shown.length > 0) console.error(`The doctor found in this migration:\n\n${report(shown)}`);
  if (refused) console.error('Not committed: fix the errors above in migrations/current.sql.');
  process.exitCode = refused ? 1 : 0;
} catch (error) {
  console.error(`rowguard: ${describeError(error)}`);
  process.exitCode = warnOnly ? 0 : 1;
}
