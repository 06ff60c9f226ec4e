/**
 * Insert of one row with an idempotency key. With a key, calls the table's function create_<table>_once,
 * which returns the existing row for a repeated key; without one, PostGraphile's insert. Never decides
 * here whether a key is new: only the database can do that safely.
 */
import type { PgResource } from 'postgraphile/@dataplan/pg';
import { PgInsertSingleStep } from 'postgraphile/@dataplan/pg';
import type { ExecutionDetails, GrafastResultsList, Step } from 'postgraphile/grafast';
import { sql } from 'postgraphile/pg-sql2';
import { assignments, runForRow, selected } from './row-statement.ts';

export interface SqlFunctionName {
  readonly schema: string;
  readonly name: string;
}

export class OnceInsertStep extends PgInsertSingleStep {
  readonly #once: SqlFunctionName;
  readonly #key: number;

  constructor(resource: PgResource, once: SqlFunctionName, key: Step) {
    super(resource);
    this.#once = once;
    this.#key = this.addDependency(key);
  }

  override async execute(details: ExecutionDetails): Promise<GrafastResultsList<unknown>> {
    const keys = details.values[this.#key];
    // A root field of a mutation runs once, so one value decides for all.
    if (keys?.at(0) == null) return super.execute(details);
    const { alias, resource } = this;
    const { schema, name } = this.#once;
    const columns = assignments(this, resource, details).map(
      (column) => sql`${sql.identifier(`p_${column.name}`)} => ${column.value}`,
    );
    return details.indexMap((i) => {
      const args = sql.join([sql`p_key => ${sql.value(keys.at(i))}::text`, ...columns], ', ');
      const call = sql`${sql.identifier(schema, name)}(${args})`;
      const statement = sql`select ${selected(this)} from ${call} as ${alias}`;
      return runForRow(this, resource, details, i, statement);
    });
  }
}
