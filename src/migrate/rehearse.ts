/**
 * Runs the work in progress twice on the shadow database, before it is committed: it must run, touch no
 * row behind the back of row level security, and leave the same schema the second time. Receives settings
 * of graphile-migrate with a shadow; changes nothing but the shadow.
 */
import { reset, run, type Settings } from 'graphile-migrate';
import { withClient } from '../database/connect.ts';
import { OperatorError } from '../errors.ts';
import { dumpSchema } from './dump.ts';
import { NO_SILENT_ROWS } from './migrate.ts';
import { describeSqlError, isSqlError, locate } from './sql-error.ts';

const FILE = 'migrations/current.sql';

export async function rehearse(settings: Settings, shadowUrl: string, sql: string): Promise<void> {
  await reset(settings, true);
  const careful = { ...settings, pgSettings: NO_SILENT_ROWS };
  const once = await runAndDump(careful, shadowUrl, sql, 'The migration does not run:');
  const twice = await runAndDump(careful, shadowUrl, sql, 'It runs once, and not a second time:');
  if (once === twice) return;
  throw new OperatorError(
    `Run a second time, ${FILE} leaves another schema:\n${difference(once, twice)}`,
    'begin it by undoing what it makes (drop … if exists), so that each run starts from the same.',
  );
}

async function runAndDump(
  settings: Settings,
  shadowUrl: string,
  sql: string,
  refusal: string,
): Promise<string> {
  return withClient(shadowUrl, async (client) => {
    await run(settings, sql, FILE, { shadow: true }).catch(async (error: unknown) => {
      if (!isSqlError(error)) throw error;
      const offset = await locate(client, error, sql);
      throw new OperatorError(
        `${refusal}\n${describeSqlError(error, sql, FILE, offset)}`,
        `mend it in ${FILE}; nothing was committed.`,
        { cause: error },
      );
    });
    return await dumpSchema(client);
  });
}

/** The first few lines that only one of the two has. */
function difference(once: string, twice: string): string {
  const only = (a: string, b: string, sign: string) => {
    const other = new Set(b.split('\n'));
    return a
      .split('\n')
      .filter((line) => !other.has(line))
      .map((line) => `  ${sign} ${line}`);
  };
  return [...only(once, twice, '-'), ...only(twice, once, '+')].slice(0, 10).join('\n');
}
