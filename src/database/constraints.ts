/**
 * Reads the constraints and unique indexes of all schemas that are not PostgreSQL's own. Takes the pool, returns
 * what the API tells a client that breaks one: the comment as a sentence, and the columns. Smart tags of
 * PostGraphile (@…) are never part of a sentence.
 */
import { readFileSync } from 'node:fs';
import type { Pool } from 'pg';

export interface Constraint {
  /** The comment of the constraint or index as a sentence; undefined without a comment. */
  readonly message: string | undefined;
  /** The table, as tableKey has it; of a partition the partitioned table. */
  readonly table: string | undefined;
  /** The columns that the rule is about, in its order. */
  readonly columns: readonly string[];
  /** Whether it is a foreign key to public."user": broken if the person's row is not there. */
  readonly account: boolean;
  /** Of a check: CHECK (…) as PostgreSQL writes it. */
  readonly definition: string | undefined;
}

/** Keyed by constraintKey. */
export type Constraints = ReadonlyMap<string, Constraint>;

/** The key of a table, or of the domain that a constraint belongs to. */
export const tableKey = (schema = '', name = ''): string => JSON.stringify([schema, name]);

/** Two tables may have equally named constraints, so the name alone is no key. */
export const constraintKey = (of: string, constraint: string): string => `${of} ${constraint}`;

const CONSTRAINTS = readFileSync(new URL('constraints.sql', import.meta.url), 'utf8');

interface Row {
  readonly schema: string;
  readonly of: string;
  readonly root_schema: string | null;
  readonly root: string | null;
  readonly name: string;
  readonly columns: string[];
  readonly account: boolean;
  readonly definition: string | null;
  readonly comment: string | null;
}

export async function loadConstraints(pool: Pool): Promise<Constraints> {
  const { rows } = await pool.query<Row>(CONSTRAINTS);
  return new Map(
    rows.map((row) => [
      constraintKey(tableKey(row.schema, row.of), row.name),
      {
        message: row.comment === null ? undefined : sentence(row.comment),
        table: row.root === null ? undefined : tableKey(row.root_schema ?? '', row.root),
        columns: row.columns,
        account: row.account,
        definition: row.definition ?? undefined,
      },
    ]),
  );
}

/** Removes smart tags, such as the field names in a foreign key's comment. Undefined if nothing is left. */
function sentence(comment: string): string | undefined {
  const text = comment.replace(/^@.*\n?/gm, '').trim();
  if (!text) return undefined;
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
