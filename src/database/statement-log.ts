/**
 * Tells of each statement of a request: whose claim, how many rows, how long. Takes withPgClient, returns one that
 * does the same and reports. Must never report a statement before its outcome is known, or change the outcome.
 */
import type { PgClientQuery, PgClientResult, WithPgClient } from 'postgraphile/@dataplan/pg';
import type { NodePostgresPgClient } from 'postgraphile/adaptors/pg';
import { USER_ID_SETTING } from './session.ts';

export interface StatementEntry {
  /** The claim that the statement ran under; undefined = none. */
  readonly claim: string | undefined;
  readonly sql: string;
  readonly values: readonly unknown[];
  /** Rows returned or written; undefined if the statement failed. */
  readonly rows: number | undefined;
  /** SQLSTATE or system code of the failure, 'error' if it has none. */
  readonly failure: string | undefined;
  /** From sending the statement to its last row, in milliseconds. */
  readonly durationMs: number;
}

export type StatementEnded = (entry: StatementEntry) => void;

export function reporting(
  withPgClient: WithPgClient<NodePostgresPgClient>,
  ended: StatementEnded,
): WithPgClient<NodePostgresPgClient> {
  const observed: WithPgClient<NodePostgresPgClient> = (pgSettings, callback) =>
    withPgClient(pgSettings, (client) =>
      callback(new ReportingClient(client, pgSettings?.[USER_ID_SETTING], ended)),
    );
  observed.release = () => withPgClient.release?.();
  return observed;
}

class ReportingClient implements NodePostgresPgClient {
  readonly rawClient: NodePostgresPgClient['rawClient'];
  readonly #client: NodePostgresPgClient;
  readonly #claim: string | undefined;
  readonly #ended: StatementEnded;

  constructor(client: NodePostgresPgClient, claim: string | undefined, ended: StatementEnded) {
    this.rawClient = client.rawClient;
    this.#client = client;
    this.#claim = claim;
    this.#ended = ended;
  }

  async query<TData>(query: PgClientQuery): Promise<PgClientResult<TData>> {
    const since = performance.now();
    const report = (rows: number | undefined, failure?: string) =>
      this.#ended({
        claim: this.#claim,
        sql: query.text,
        values: query.values ?? [],
        rows,
        failure,
        durationMs: Math.round((performance.now() - since) * 100) / 100,
      });
    try {
      const result = await this.#client.query<TData>(query);
      report(result.rowCount ?? result.rows.length);
      return result;
    } catch (error) {
      report(undefined, error instanceof Error && 'code' in error ? String(error.code) : 'error');
      throw error;
    }
  }

  withTransaction<T>(callback: (client: this) => Promise<T>): Promise<T> {
    return this.#client.withTransaction((client) =>
      callback(new ReportingClient(client, this.#claim, this.#ended) as this),
    );
  }
}
