/**
 * Update and delete of one existing row: PostGraphile's steps with two additions. The statement can
 * depend on `updated_at` (optimistic locking: CONFLICT, with the row as it is now), and a missing row is the
 * error NOT_FOUND. They must never tell a foreign row from a missing one: PostgreSQL answers "0 rows" for both.
 */
import type { PgResource } from 'postgraphile/@dataplan/pg';
import {
  PgDeleteSingleStep,
  PgUpdateSingleStep,
  sqlValueWithCodec,
} from 'postgraphile/@dataplan/pg';
import type { ExecutionDetails, GrafastResultsList, Step } from 'postgraphile/grafast';
import { type SQL, sql } from 'postgraphile/pg-sql2';
import { clientError, NOT_FOUND } from '../client-error.ts';
import { CHANGED_COLUMN } from './columns.ts';
import { type ReadableColumn, rowOf, selectOf } from './current-row.ts';
import { assignments, codecOf, runForRow, selected, tableOf } from './row-statement.ts';

/** Primary key: column → value. */
export type Key = Readonly<Record<string, Step>>;

/** Optimistic locking. */
export interface Expected {
  /** The expected updated_at. undefined = not checked. null = the row was never changed. */
  readonly updatedAt: Step;
  /** What a conflict shows of the row. */
  readonly shown: readonly ReadableColumn[];
}

const CONFLICT = 'This has changed since you read it. Read it again.';
export const NOTHING_TO_CHANGE = 'patch must set at least one field.';

export class ExistingRowUpdateStep extends PgUpdateSingleStep {
  readonly #row: ExistingRow;

  constructor(resource: PgResource, key: Key, expected: Expected | undefined) {
    super(resource, key);
    this.#row = new ExistingRow(this, resource, key, expected, (step) => this.addDependency(step));
  }

  override async execute(details: ExecutionDetails): Promise<GrafastResultsList<unknown>> {
    const { alias, resource } = this;
    const set = assignments(this, resource, details);
    if (set.length === 0) throw clientError('BAD_USER_INPUT', NOTHING_TO_CHANGE);
    const sets = sql.join(
      set.map(({ name, value }) => sql`${sql.identifier(name)} = ${value}`),
      ', ',
    );
    return this.#row.run(
      details,
      (i) =>
        sql`update ${tableOf(resource)} as ${alias} set ${sets} where ${this.#row.where(details, i, alias)} returning ${selected(this)}`,
    );
  }
}

export class ExistingRowDeleteStep extends PgDeleteSingleStep {
  readonly #row: ExistingRow;

  constructor(resource: PgResource, key: Key, expected: Expected | undefined) {
    super(resource, key);
    this.#row = new ExistingRow(this, resource, key, expected, (step) => this.addDependency(step));
  }

  override async execute(details: ExecutionDetails): Promise<GrafastResultsList<unknown>> {
    const { alias, resource } = this;
    return this.#row.run(
      details,
      (i) =>
        sql`delete from ${tableOf(resource)} as ${alias} where ${this.#row.where(details, i, alias)} returning ${selected(this)}`,
    );
  }
}

/** The condition for one row, and the error if no row matched. */
class ExistingRow {
  readonly #step: Step;
  readonly #resource: PgResource;
  readonly #key: readonly { column: string; dependency: number }[];
  readonly #expected: number | undefined;
  readonly #shown: readonly ReadableColumn[];

  constructor(
    step: Step,
    resource: PgResource,
    key: Key,
    expected: Expected | undefined,
    depend: (step: Step) => number,
  ) {
    this.#step = step;
    this.#resource = resource;
    this.#key = Object.entries(key).map(([column, step]) => ({ column, dependency: depend(step) }));
    this.#expected = expected && depend(expected.updatedAt);
    this.#shown = expected?.shown ?? [];
  }

  run(details: ExecutionDetails, statement: (i: number) => SQL): GrafastResultsList<unknown> {
    return details.indexMap(async (i) => {
      const row = await this.#query(details, i, statement(i));
      if (!row) throw await this.#refusal(details, i);
      return row;
    });
  }

  /** SQL condition: the key, and the expected updated_at if there is one. */
  where(details: ExecutionDetails, i: number, alias: SQL): SQL {
    const found = this.#keyMatches(details, i, alias);
    const expected = this.#expectedAt(details, i);
    if (expected === undefined) return found;
    const value = sqlValueWithCodec(expected, codecOf(this.#resource, CHANGED_COLUMN));
    return sql`${found} and ${alias}.${sql.identifier(CHANGED_COLUMN)} is not distinct from ${value}`;
  }

  /**
   * The error after no row was written: CONFLICT if the row exists for this person, else NOT_FOUND.
   * Without an expected updated_at it can only be NOT_FOUND.
   */
  async #refusal(details: ExecutionDetails, i: number): Promise<Error> {
    const missing = clientError('NOT_FOUND', NOT_FOUND);
    if (this.#expectedAt(details, i) === undefined) return missing;
    const alias = sql.identifier(Symbol(this.#resource.name));
    const row = await this.#query(
      details,
      i,
      sql`select ${selectOf(this.#shown, alias)} from ${tableOf(this.#resource)} as ${alias} where ${this.#keyMatches(details, i, alias)}`,
    );
    if (!row) return missing;
    return clientError('CONFLICT', CONFLICT, 'STALE', { current: rowOf(this.#shown, row.t) });
  }

  #query(details: ExecutionDetails, i: number, statement: SQL) {
    return runForRow(this.#step, this.#resource, details, i, statement);
  }

  #keyMatches(details: ExecutionDetails, i: number, alias: SQL): SQL {
    const equal = this.#key.map(({ column, dependency }) => {
      const value = details.values[dependency]?.at(i);
      return sql`${alias}.${sql.identifier(column)} = ${sqlValueWithCodec(value, codecOf(this.#resource, column))}`;
    });
    return sql.join(equal, ' and ');
  }

  #expectedAt(details: ExecutionDetails, i: number): string | null | undefined {
    return this.#expected === undefined ? undefined : details.values[this.#expected]?.at(i);
  }
}
