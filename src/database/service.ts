/** The pool as a service of PostGraphile's, by one of two adaptors. What they answer is the same. */
import type { Pool } from 'pg';
import type { WithPgClient } from 'postgraphile/@dataplan/pg';
import { makePgService, type NodePostgresPgClient } from 'postgraphile/adaptors/pg';
import { diedIdle } from './bounds.ts';
import { withOneRoundTrip } from './one-round-trip/adaptor.ts';
import type { Dispatch } from './one-round-trip/client.ts';
import { isRead } from './request.ts';
import { inTurns, Turns, type TurnsOptions } from './turns.ts';

/** `stock` takes four round trips for each statement; for a driver or a pooler the other fails with. */
export type AdaptorName = 'one-round-trip' | 'stock';

export interface ServiceOptions {
  readonly pool: Pool;
  readonly adaptor: AdaptorName;
  readonly preparedStatements: boolean;
  readonly dispatch?: Dispatch;
  /** Undefined = no limit per person. */
  readonly turns?: TurnsOptions;
}

export function buildPgService(options: ServiceOptions) {
  const { pool, adaptor, preparedStatements: prepared, dispatch } = options;
  const stock = makePgService({
    pool,
    schemas: ['public'],
    // The API has exactly what todo_user was granted: columns without a grant are not in it.
    pgSettingsForIntrospection: { role: 'todo_user' },
  });
  if (adaptor === 'stock') return stock;
  return withOneRoundTrip(stock, { pool, prepared, dispatch, isRead, diedIdle });
}

/** The service as the GraphQL room gets it, and what the statements of its requests go through. */
export interface Database {
  readonly service: GraphileConfig.PgServiceConfiguration;
  readonly withPgClient: WithPgClient<NodePostgresPgClient>;
}

export async function openDatabase(options: ServiceOptions): Promise<Database> {
  const service = buildPgService(options);
  const withPgClient = await service.adaptor.createWithPgClient(service.adaptorSettings);
  return {
    service,
    withPgClient: options.turns ? inTurns(withPgClient, new Turns(options.turns)) : withPgClient,
  };
}
