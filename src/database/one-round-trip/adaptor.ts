/**
 * PostGraphile's database adaptor with one round trip per statement: settings, statement and end of
 * transaction are sent together. Takes the stock service, returns it with another withPgClient. Work without
 * a person (introspection, LISTEN, the superuser variant) stays stock. It must never repeat a write.
 */
import type { Pool } from 'pg';
import type { WithPgClient } from 'postgraphile/@dataplan/pg';
import { createWithPgClient, type NodePostgresPgClient } from 'postgraphile/adaptors/pg';
import { type Dispatch, RequestClient } from './client.ts';
import { checkDriver } from './driver.ts';
import { Link } from './link.ts';
import { type PgSettings, preambleOf } from './preamble.ts';

type Service = GraphileConfig.PgServiceConfiguration<'@dataplan/pg/adaptors/pg'>;

export interface OneRoundTripOptions {
  readonly pool: Pool;
  /** False for a pooler that does not keep prepared statements: PostgreSQL then parses every statement. */
  readonly prepared: boolean;
  readonly dispatch?: Dispatch | undefined;
  /** Whether the request is a read, which may be sent a second time. */
  readonly isRead: (pgSettings: PgSettings) => boolean;
  /** Whether the error means that the connection was closed while it was idle in the pool. */
  readonly diedIdle: (error: unknown) => boolean;
}

export function withOneRoundTrip(service: Service, options: OneRoundTripOptions): Service {
  checkDriver();
  return {
    ...service,
    adaptor: {
      ...service.adaptor,
      createWithPgClient: (settings, variant) => {
        const stock = createWithPgClient(settings, variant);
        return variant === 'SUPERUSER' ? stock : oneRoundTrip(options, stock);
      },
    },
  };
}

function oneRoundTrip(
  { pool, prepared, isRead, diedIdle, dispatch = (send) => send(() => {}) }: OneRoundTripOptions,
  stock: WithPgClient<NodePostgresPgClient>,
): WithPgClient<NodePostgresPgClient> {
  const withPgClient: WithPgClient<NodePostgresPgClient> = async (pgSettings, callback) => {
    const preamble = preambleOf(pgSettings);
    if (!preamble) return stock(pgSettings, callback);
    // All pooled connections may have died together. After them the pool opens a new one.
    for (let again = isRead(pgSettings) ? pool.options.max : 0; ; again--) {
      const rawClient = await pool.connect();
      const link = Link.of(rawClient);
      const before = link.answers;
      const request = { rawClient, link, pgSettings, preamble, prepared, dispatch };
      try {
        return await RequestClient.use(request, callback);
      } catch (error) {
        // Only a connection that died while idle, as after a restart of the database, and that has answered
        // nothing. A write is not repeated: it may have been committed.
        if (again === 0 || link.answers > before || !diedIdle(error)) throw error;
      } finally {
        // `true` closes the connection: its state must not reach the next request.
        rawClient.release(!link.reusable);
      }
    }
  };
  withPgClient.release = () => stock.release?.();
  return withPgClient;
}
