/**
 * PostGraphile's database adaptor with one round trip per statement: settings, statement and end of
 * transaction go out together. Receives the stock service; hands on the same service with another
 * withPgClient. Whatever is not a request (introspection, LISTEN, a superuser's work) stays stock.
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
  /** False for a pooler that does not keep prepared statements: everything is parsed each time. */
  readonly prepared: boolean;
  readonly dispatch?: Dispatch | undefined;
  /** Whether a request changes nothing, and so may be sent a second time. */
  readonly isRead: (pgSettings: PgSettings) => boolean;
  /** Whether an error means that the connection had been closed before it was used. */
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
  { pool, prepared, isRead, diedIdle, dispatch = (send) => send() }: OneRoundTripOptions,
  stock: WithPgClient<NodePostgresPgClient>,
): WithPgClient<NodePostgresPgClient> {
  const withPgClient: WithPgClient<NodePostgresPgClient> = async (pgSettings, callback) => {
    const preamble = preambleOf(pgSettings);
    if (!preamble) return stock(pgSettings, callback);
    // All the connections that the pool has may have died at once, but not the new one after them.
    for (let again = isRead(pgSettings) ? pool.options.max : 0; ; again--) {
      const rawClient = await pool.connect();
      const link = Link.of(rawClient);
      const before = link.answers;
      const request = { rawClient, link, pgSettings, preamble, prepared, dispatch };
      try {
        return await RequestClient.use(request, callback);
      } catch (error) {
        // Closed while it was idle, by a database that restarted or went to sleep, and nobody had
        // noticed. A write is not sent twice: it may have been done.
        if (again === 0 || link.answers > before || !diedIdle(error)) throw error;
      } finally {
        // `true` closes the connection: what is left in it must not reach the next request.
        rawClient.release(!link.reusable);
      }
    }
  };
  withPgClient.release = () => stock.release?.();
  return withPgClient;
}
