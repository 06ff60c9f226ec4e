/**
 * Base of the steps that write many rows with one statement. Takes the table, returns the rows as a select
 * does, so that PostGraphile plans the fields of each row. A subclass writes the statement; this class never
 * sends a select of its own. A mutation has such a step once, so all its inputs have one value each.
 */
import type { PgResource } from 'postgraphile/@dataplan/pg';
import { PgSelectStep } from 'postgraphile/@dataplan/pg';
import { access, type ExecutionDetails, type GrafastResultsList } from 'postgraphile/grafast';
import type { SQL } from 'postgraphile/pg-sql2';
import { run } from './row-statement.ts';

/** `extensions` of a field, for the limits of a request (measure.ts, points.ts). */
export interface ManyExtensions {
  /** Of a mutation: the field of its input with one entry for each row. */
  readonly items?: string;
  /** Of a list in a payload: its most rows. */
  readonly rows?: number;
}

export const manyOf = (field: { readonly extensions: object } | undefined): ManyExtensions => ({
  ...field?.extensions,
});

/** One row: what the answer needs of it, in the order of `selected`. */
export type Tuple = readonly unknown[];

export interface Written {
  readonly rows: readonly Tuple[];
  /** Ids of all rows that were written, where the API tells them. */
  readonly ids?: readonly number[];
}

type Results = Awaited<ReturnType<PgSelectStep['execute']>>;

export abstract class ManyRowsStep extends PgSelectStep {
  constructor(resource: PgResource) {
    // `mutation`: never repeated, never merged with another step, and nothing is merged into it.
    super({ resource, identifiers: [], mode: 'mutation' });
  }

  protected abstract write(details: ExecutionDetails): Promise<Written>;

  override async execute(details: ExecutionDetails): Promise<Results> {
    const { rows, ids } = await this.write(details);
    const page = { items: rows, ids, count: ids?.length, m: {} };
    return details.indexMap(() => page) as GrafastResultsList<unknown> as Results;
  }

  protected send(details: ExecutionDetails, statement: SQL): Promise<readonly Tuple[]> {
    return run(this, this.resource, details, 0, statement).then(({ rows }) => rows);
  }

  ids() {
    return access<readonly number[]>(this, 'ids');
  }

  count() {
    return access<number>(this, 'count');
  }
}
