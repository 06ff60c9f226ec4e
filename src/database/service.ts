/**
 * The pool as PostGraphile's database service, with one of two adaptors. Both give the same results. The
 * service must never introspect as another role than todo_user: the API would show columns without a grant.
 */
import type { Pool } from 'pg';
import type { WithPgClient } from 'postgraphile/@dataplan/pg';
import { makePgService, type NodePostgresPgClient } from 'postgraphile/adaptors/pg';
import { diedIdle } from './bounds.ts';
import { withOneRoundTrip } from './one-round-trip/adaptor.ts';
import type { Dispatch } from './one-round-trip/client.ts';
import { isRead } from './request.ts';
import { inTurns, Turns, type TurnsOptions } from './turns.ts';

/** `stock` takes four round trips per statement. It works with drivers and poolers that the other does not. */
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

/** What graphql/ gets: the service for building the API, and withPgClient for the statements of requests. */
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
