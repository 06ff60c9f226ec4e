/**
 * Shared by the steps that write rows: the columns that the input sets, the columns that the answer
 * needs, and running the statement. PostGraphile's steps build their statement in one piece, so these
 * helpers read three of their private fields; the version is pinned. Only the steps of this folder use it.
 */
import type { PgCodec, PgResource } from 'postgraphile/@dataplan/pg';
import { sqlValueWithCodec } from 'postgraphile/@dataplan/pg';
import { type ExecutionDetails, type Step, setter } from 'postgraphile/grafast';
import { type SQL, sql } from 'postgraphile/pg-sql2';

interface Internals {
  /** The dependency that holds the connection and the claim. */
  readonly contextId: number;
  /** Expressions that the answer needs. */
  readonly selects: readonly SQL[];
  /** Dependencies whose values are callbacks that set columns. */
  readonly applyDepIds: readonly number[];
}

const internalsOf = (step: Step): Internals => step as unknown as Internals;

export interface Assignment {
  readonly name: string;
  readonly value: SQL;
}

/** What the `apply` of an input's fields needs: the target, and the columns that they have set. */
export function columnSetter(resource: PgResource) {
  const set: Assignment[] = [];
  const builder = {
    set(name: string, value: unknown) {
      set.push({ name, value: sqlValueWithCodec(value, codecOf(resource, name)) });
    },
    setMeta() {},
    setBuilder() {
      return setter(builder);
    },
  };
  return { set, builder };
}

/** The columns that the input sets; absent fields of the input are not in the list. */
export function assignments(
  step: Step,
  resource: PgResource,
  details: ExecutionDetails,
): Assignment[] {
  const { set, builder } = columnSetter(resource);
  for (const id of internalsOf(step).applyDepIds) {
    const callbacks = details.values[id]?.unaryValue();
    for (const callback of Array.isArray(callbacks) ? callbacks : [callbacks]) callback?.(builder);
  }
  return set;
}

export function codecOf(resource: PgResource, column: string): PgCodec {
  const attribute = resource.codec.attributes?.[column];
  if (!attribute) throw new Error(`${resource.name} has no column ${column}`);
  return attribute.codec;
}

export function tableOf(resource: PgResource): SQL {
  if (!sql.isSQL(resource.from)) throw new Error(`${resource.name} is not a table`);
  return resource.from;
}

/** A key of a create belongs to one table: the same key may be used for a row of another. */
export const tableNameOf = (resource: PgResource): string =>
  resource.extensions?.pg?.name ?? resource.name;

/** The RETURNING list, with the numeric names that PostGraphile's steps read. */
export function selected(step: Step): SQL {
  const { selects } = internalsOf(step);
  if (selects.length === 0) return sql`1`;
  const names = selectedNames(step);
  return sql.join(
    selects.map((fragment, i) => sql`${fragment} as ${names[i] ?? sql.blank}`),
    ', ',
  );
}

/** The names in `selected`, in their order. */
export const selectedNames = (step: Step): SQL[] =>
  internalsOf(step).selects.map((_, i) => sql.identifier(String(i)));

/** Runs the statement under the claim of the request. Rows are arrays of columns. */
export function run(
  step: Step,
  resource: PgResource,
  details: ExecutionDetails,
  i: number,
  statement: SQL,
) {
  const context = details.values[internalsOf(step).contextId]?.at(i);
  const { text, values } = sql.compile(statement);
  return resource.executor.executeMutation<readonly unknown[]>({ context, text, values });
}

/** The row in the form that PostGraphile's steps return, or undefined if there is none. */
export async function runForRow(
  step: Step,
  resource: PgResource,
  details: ExecutionDetails,
  i: number,
  statement: SQL,
) {
  const { rows, rowCount, notices } = await run(step, resource, details, i, statement);
  return rows[0] && { m: {}, t: rows[0], c: rowCount, n: notices };
}
