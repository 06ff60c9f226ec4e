/** PostGraphile's way to the database without PostGraphile: what a plan step calls, for either adaptor. */
import type { ClientBase, Pool } from 'pg';
import type { WithPgClient } from 'postgraphile/@dataplan/pg';
import type { NodePostgresPgClient } from 'postgraphile/adaptors/pg';
import { afterAll, beforeAll } from 'vitest';
import type { Dispatch } from '../../src/database/one-round-trip/client.ts';
import { createPool } from '../../src/database/pool.ts';
import { type AdaptorName, buildPgService } from '../../src/database/service.ts';
import { sessionSettings, USER_ID_SETTING } from '../../src/database/session.ts';

type Settings = Record<string, string>;
type Work<T> = (client: NodePostgresPgClient) => Promise<T>;

export interface TestAdaptor {
  readonly pool: Pool;
  readonly service: GraphileConfig.PgServiceConfiguration;
  /** Runs `work` as a request of this person. */
  as<T>(userId: number, work: Work<T>, change?: Settings): Promise<T>;
  /** The claim as the connection's next user would find it: null or empty, nothing is left. */
  leftovers(): Promise<unknown>;
}

export interface TestAdaptorOptions {
  readonly url: string;
  readonly adaptor?: AdaptorName;
  readonly prepared?: boolean;
  readonly size?: number;
  readonly waitMs?: number;
  readonly dispatch?: Dispatch;
}

/** Call at the top of a test file or a describe; `options` is read when its tests start. */
export function useAdaptor(options: () => TestAdaptorOptions): TestAdaptor {
  let pool: Pool;
  let service: ReturnType<typeof buildPgService>;
  let withPgClient: WithPgClient<NodePostgresPgClient>;
  beforeAll(async () => {
    const { url, size = 5, waitMs = 5000, prepared = true, ...rest } = options();
    pool = createPool({ connectionString: url, size, waitMs, log: () => {} });
    service = buildPgService({
      pool,
      adaptor: 'one-round-trip',
      preparedStatements: prepared,
      ...rest,
    });
    withPgClient = await service.adaptor.createWithPgClient(service.adaptorSettings);
  });
  afterAll(async () => {
    await withPgClient.release?.();
    await service.release?.();
    await pool.end();
  });
  return {
    get pool() {
      return pool;
    },
    get service() {
      return service;
    },
    as(userId, work, change) {
      const identity = { userId, email: null, issuedAt: 0, expiresAt: 0 };
      const settings = sessionSettings(identity.userId, 5000);
      return withPgClient({ ...settings, ...change }, work);
    },
    async leftovers() {
      const { rows } = await pool.query(
        `select current_user::text as role, current_setting('${USER_ID_SETTING}', true) as claim,
           current_setting('statement_timeout') as timeout`,
      );
      return rows[0];
    },
  };
}

/** Makes accounts the way the server does. */
export async function makeAccounts(client: ClientBase, ids: readonly number[]): Promise<void> {
  for (const id of ids) {
    await client.query('select app_private.ensure_user($1, $2, now())', [id, `p${id}@example.com`]);
  }
}
