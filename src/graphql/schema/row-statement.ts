/**
 * What our own steps for one row share: reading what the input set and what the answer needs, and
 * running the one statement. They extend PostGraphile's steps, which build their statement in one piece
 * and leave no room in it. Three private fields of those are read here; the version is pinned.
 */
import type { PgCodec, PgResource } from 'postgraphile/@dataplan/pg';
import { sqlValueWithCodec } from 'postgraphile/@dataplan/pg';
import { type ExecutionDetails, type Step, setter } from 'postgraphile/grafast';
import { type SQL, sql } from 'postgraphile/pg-sql2';

interface Internals {
  /** The dependency that holds the connection and the claim. */
  readonly contextId: number;
  /** What the answer needs of the row. */
  readonly selects: readonly SQL[];
  /** Dependencies that hold what the input does to the row. */
  readonly applyDepIds: readonly number[];
}

const internalsOf = (step: Step): Internals => step as unknown as Internals;

export interface Assignment {
  readonly name: string;
  readonly value: SQL;
}

/** The columns that the input of the mutation sets, null where it says null, absent where it is silent. */
export function assignments(
  step: Step,
  resource: PgResource,
  details: ExecutionDetails,
): Assignment[] {
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

/** What the answer needs of the row, numbered as PostGraphile's steps look it up. */
export function selected(step: Step): SQL {
  const { selects } = internalsOf(step);
  if (selects.length === 0) return sql`1`;
  const numbered = selects.map((fragment, i) => sql`${fragment} as ${sql.identifier(String(i))}`);
  return sql.join(numbered, ', ');
}

/** The row in the form PostGraphile's steps hand on, or undefined where there was none. */
export async function runForRow(
  step: Step,
  resource: PgResource,
  details: ExecutionDetails,
  i: number,
  statement: SQL,
) {
  const context = details.values[internalsOf(step).contextId]?.at(i);
  const { text, values } = sql.compile(statement);
  const { rows, rowCount, notices } = await resource.executor.executeMutation<readonly unknown[]>({
    context,
    text,
    values,
  });
  return rows[0] && { m: {}, t: rows[0], c: rowCount, n: notices };
}
