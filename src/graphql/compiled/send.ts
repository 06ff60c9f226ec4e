/**
 * Sends a select's statement through the withPgClient of the request's context. Resolves to the rows, each an
 * array of columns. It must never send a read twice that one query contains twice.
 */
import type { PgClientQuery, PgSelectStep, WithPgClient } from 'postgraphile/@dataplan/pg';
import type { SQLRawValue } from 'postgraphile/pg-sql2';
import type { StatementTemplate } from './templates.ts';

export interface Context {
  readonly pgSettings: Parameters<WithPgClient>[0];
  readonly withPgClient: WithPgClient;
}

export type Send = (
  context: Context,
  statement: StatementTemplate,
  values: readonly unknown[],
) => Promise<readonly unknown[]>;

/** For an operation with a single statement, which cannot contain the same read twice. */
export const sendAlone: Send = async ({ pgSettings, withPgClient }, { text, name }, values) => {
  const query = { text, name, values, arrayMode: true } as PgClientQuery;
  const { rows } = await withPgClient(pgSettings, (client) => client.query(query));
  return rows;
};

/** Sends like the step itself: in a query, PostGraphile's cache sends equal statements once. */
export function sendOnce({ resource, operationPlan }: PgSelectStep): Send {
  const isQuery = operationPlan.operation.operation === 'query';
  const execute = isQuery ? 'executeWithCache' : 'executeWithoutCache';
  return async (context, { text, name }, rawSqlValues) => {
    const { values } = await resource.executor[execute]([{ context, queryValues: [] }], {
      text,
      name,
      rawSqlValues: rawSqlValues as SQLRawValue[],
      identifierIndex: null,
      eventEmitter: undefined,
      useTransaction: false,
    });
    return (await values[0]) ?? [];
  };
}
