/**
 * Run by graphile-migrate (.gmrc), which says in GM_DBURL where. With `--warn`, after each run of
 * current.sql: says what is unsafe and never fails, so that the watcher goes on. Without, on the shadow
 * database: exit code 1 makes `commit` take the migration back.
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
      'GM_DBURL is not set: this command is for graphile-migrate to run.',
      'npm run doctor',
    );
  }
  return withClient(url, async (client) => {
    if (!warnOnly) return await judgeShadow(client);
    return { findings: await examine(client), refused: false };
  });
}

try {
  const { findings, refused } = await judge();
  // No migration can change the server's version.
  const shown = findings.filter(({ code }) => code !== 'SERVER_VERSION');
  // On the error stream, which graphile-migrate prints as an error.
  if (shown.length > 0) console.error(`The doctor on this migration:\n\n${report(shown)}`);
  if (refused) console.error('Not committed: fix the errors above in migrations/current.sql.');
  process.exitCode = refused ? 1 : 0;
} catch (error) {
  console.error(`rowguard: ${describeError(error)}`);
  process.exitCode = warnOnly ? 0 : 1;
}
