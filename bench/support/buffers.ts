/**
 * Buffers (8 kB pages) that PostgreSQL reads for a page of tasks, from EXPLAIN with the server's login and
 * settings. Takes people, returns their median. Unlike times, it has no noise.
 */
import { withClient } from '../../src/database/connect.ts';
import { sessionSettings } from '../../src/database/session.ts';
import { median } from './statistics.ts';

const PAGE = 'select id, title, completed, created_at, updated_at from public.task';

interface Plan {
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
}

/** Median over `people`. With `before`, of the page whose ids are smaller. */
export async function pageBuffers(
  databaseUrl: string,
  people: readonly number[],
  before?: number,
): Promise<number> {
  return withClient(databaseUrl, async (client) => {
    const found: number[] = [];
    for (const userId of people) {
      await client.query('begin');
      const identity = { userId, email: null, issuedAt: 0, expiresAt: 0 };
      for (const setting of Object.entries(sessionSettings(identity.userId, 10_000))) {
        await client.query('select set_config($1, $2, true)', setting);
      }
      const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
        `explain (analyze, buffers, format json) ${PAGE}
         ${before === undefined ? '' : `where id < ${Math.trunc(before)}`} order by id desc limit 50`,
      );
      const plan = rows[0]?.['QUERY PLAN'][0].Plan;
      if (!plan) throw new Error('explain gave no plan');
      found.push(plan['Shared Hit Blocks'] + plan['Shared Read Blocks']);
      await client.query('commit');
    }
    return median(found);
  });
}
