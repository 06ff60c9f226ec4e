/**
 * Takes the pool, returns it as a database service of PostGraphile, by one of two adaptors with the same
 * answers. Must never let one person take more connections than their turns allow.
 */
import type { Pool } from 'pg';
import type { WithPgClient } from 'postgraphile/@dataplan/pg';
import { makePgService, type NodePostgresPgClient } from 'postgraphile/adaptors/pg';
import { diedIdle } from './bounds.ts';
import { withOneRoundTrip } from './one-round-trip/adaptor.ts';
import type { Dispatch } from './one-round-trip/client.ts';
import { callerOf, isRead } from './request.ts';
import { USER_ID_SETTING } from './session.ts';
import { reporting, type StatementEnded } from './statement-log.ts';
import type { Turns } from './turns.ts';

/** `stock` takes four round trips per statement. It works with drivers and poolers that the other does not. */
export type AdaptorName = 'one-round-trip' | 'stock';

export interface ServiceOptions {
  readonly pool: Pool;
  readonly adaptor: AdaptorName;
  readonly preparedStatements: boolean;
  readonly dispatch?: Dispatch;
  /** Without it one person may take every connection of the pool. */
  readonly turns?: Turns;
  /** Receives each statement of a request when it has ended; undefined = nobody wants to know. */
  readonly statementEnded?: StatementEnded | undefined;
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

/** The service for PostGraphile, and the function that every statement of a request goes through. */
export interface Database {
  readonly service: GraphileConfig.PgServiceConfiguration;
  readonly withPgClient: WithPgClient<NodePostgresPgClient>;
}

export async function openDatabase(options: ServiceOptions): Promise<Database> {
  const service = buildPgService(options);
  const made = await service.adaptor.createWithPgClient(service.adaptorSettings);
  const { turns, statementEnded } = options;
  const withPgClient = statementEnded ? reporting(made, statementEnded) : made;
  return { service, withPgClient: turns ? inTurn(withPgClient, turns) : withPgClient };
}

/** The statements of one person take turns before they ask the pool for a connection. */
function inTurn(
  withPgClient: WithPgClient<NodePostgresPgClient>,
  turns: Turns,
): WithPgClient<NodePostgresPgClient> {
  const gated: WithPgClient<NodePostgresPgClient> = (pgSettings, callback) => {
    const person = pgSettings?.[USER_ID_SETTING];
    const work = async () => withPgClient(pgSettings, callback);
    return person === undefined ? work() : turns.take(person, work, callerOf(pgSettings));
  };
  gated.release = () => withPgClient.release?.();
  return gated;
}
