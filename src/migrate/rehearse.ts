/**
 * Runs current.sql twice on the shadow database before it is committed. Both runs must succeed with
 * row_security = off and leave the same schema. Takes graphile-migrate settings with a shadow database. Returns
 * the objects that a cascade took along, and leaves the new schema on the shadow database with the views of
 * personal logins. Changes the shadow database only.
 */
import { reset, run, type Settings } from 'graphile-migrate';
import { withClient } from '../database/connect.ts';
import { OperatorError } from '../errors.ts';
import { objectsOf, takenAlong } from './cascade.ts';
import { CURRENT_NAME } from './current.ts';
import { dropDirectViews, refreshDirectViews } from './direct.ts';
import { dumpSchema } from './dump.ts';
import { checkFunctions } from './functions.ts';
import { CURRENT_SETTINGS } from './migrate.ts';
import { describeSqlError, isSqlError, locate } from './sql-error.ts';

export async function rehearse(
  settings: Settings,
  shadowUrl: string,
  sql: string,
): Promise<string[]> {
  await reset(settings, true);
  const before = await withClient(shadowUrl, objectsOf);
  const careful = { ...settings, pgSettings: CURRENT_SETTINGS };
  const once = await runAndDump(careful, shadowUrl, sql, 'The migration fails:');
  const twice = await runAndDump(
    careful,
    shadowUrl,
    sql,
    'The migration succeeds once and fails when it runs a second time:',
  );
  if (once === twice) {
    return await withClient(shadowUrl, async (client) => {
      await refreshDirectViews(client);
      return takenAlong(before, await objectsOf(client), sql);
    });
  }
  throw new OperatorError(
    `${CURRENT_NAME} leaves another schema when it runs a second time:\n${difference(once, twice)}`,
    'begin the file with drop … if exists for everything it creates, so that each run starts from the same schema.',
  );
}

async function runAndDump(
  settings: Settings,
  shadowUrl: string,
  sql: string,
  refusal: string,
): Promise<string> {
  return withClient(shadowUrl, async (client) => {
    await dropDirectViews(client);
    await run(settings, sql, CURRENT_NAME, { shadow: true }).catch(async (error: unknown) => {
      if (!isSqlError(error)) throw error;
      const offset = await locate(client, error, sql);
      throw new OperatorError(
        `${refusal}\n${describeSqlError(error, sql, CURRENT_NAME, offset)}`,
        `correct ${CURRENT_NAME}. Nothing was committed.`,
        { cause: error },
      );
    });
    await checkFunctions(client, sql, CURRENT_NAME);
    return await dumpSchema(client);
  });
}

/** Up to ten lines that only one of the two schemas has. */
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
