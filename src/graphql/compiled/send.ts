/**
 * Sends a select's statement by the connection of the request's context; resolves to its rows, columns in
 * arrays. It must never send a read that the query has sent already.
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

/** Of an operation that can not ask the same twice. */
export const sendAlone: Send = async ({ pgSettings, withPgClient }, { text, name }, values) => {
  const query = { text, name, values, arrayMode: true } as PgClientQuery;
  const { rows } = await withPgClient(pgSettings, (client) => client.query(query));
  return rows;
};

/** As the step sends it: what one operation asks twice is asked once, whoever remembers the statement. */
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
