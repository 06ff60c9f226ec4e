/**
 * Rows of an answer with the names of the database, and their entity tags (RFC 9110, section 8.8.3). Takes rows of
 * a document of documents.ts, returns JSON values. The owner's column is the person's own id: every row of such a
 * table belongs to the person who reads it, or the policies would hide it.
 */
import type { Column, Resource } from './model.ts';

export type Row = Readonly<Record<string, unknown>>;

/** Builds a row for the answer. */
export type Shape = (row: Row, userId: number) => Record<string, unknown>;

const CREATED_COLUMN = 'created_at';

/** Aliases of documents.ts, in the order of the columns. */
export const aliasesOf = (columns: readonly Column[]): ReadonlyMap<string, string> => {
  const selected = columns.filter(({ field }) => field !== undefined);
  return new Map(selected.map(({ name }, index) => [name, `c${index}`]));
};

/**
 * A row that never changed has no `updated_at` in the database. Here it has the time of its creation, because most
 * clients of this data model do not expect null.
 */
export function shapeOf({ columns, changed }: Pick<Resource, 'columns' | 'changed'>): Shape {
  const aliases = aliasesOf(columns);
  const created = aliases.get(CREATED_COLUMN);
  const parts = columns.map(({ name }) => {
    const alias = aliases.get(name);
    return { name, alias, otherwise: name === changed ? created : undefined };
  });
  return (row, userId) => {
    const shaped: Record<string, unknown> = {};
    for (const { name, alias, otherwise } of parts) {
      const value = alias === undefined ? userId : row[alias];
      shaped[name] = value === null && otherwise !== undefined ? row[otherwise] : value;
    }
    return shaped;
  };
}

/** A row of an error, which has the names of GraphQL. */
export function currentOf(resource: Resource, current: object, userId: number): object {
  const fields = new Map(Object.entries(current));
  const aliases = aliasesOf(resource.columns);
  const row = resource.columns.flatMap(({ name, field }) => {
    const alias = aliases.get(name);
    return alias !== undefined && field !== undefined ? [[alias, fields.get(field)] as const] : [];
  });
  return shapeOf(resource)(Object.fromEntries(row), userId);
}

/** The tag of a row that never changed. Any other tag is the time of the last change. */
const NEVER_CHANGED = '"new"';

/** undefined: the table has no column that tells two states of a row apart. */
export function tagOf({ columns, changed }: Resource, row: Row): string | undefined {
  const alias = changed && aliasesOf(columns).get(changed);
  if (alias === undefined || alias === '') return undefined;
  const value = row[alias];
  return value === null ? NEVER_CHANGED : `"${value}"`;
}

/** What If-Match asks of a row: nothing, to be there, or a state. `never`: no row can meet it. */
export type Expectation =
  | { readonly kind: 'none' | 'exists' | 'never' }
  | { readonly kind: 'state'; readonly updatedAt: string | null };

const TAG = /^"([\x21\x23-\x7e]*)"$/;
const TIME = /^\d{4,6}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-][\d:]+)$/;

/** RFC 9110, section 13.1.1. Weak tags never match. */
export function expectationOf(ifMatch: string | undefined): Expectation | 'several' {
  if (ifMatch === undefined) return { kind: 'none' };
  const text = ifMatch.trim();
  if (text === '*') return { kind: 'exists' };
  if (text === NEVER_CHANGED) return { kind: 'state', updatedAt: null };
  const [, tag] = TAG.exec(text) ?? [];
  if (tag !== undefined) {
    return TIME.test(tag) ? { kind: 'state', updatedAt: tag } : { kind: 'never' };
  }
  return text.includes(',') ? 'several' : { kind: 'never' };
}

/** RFC 9110, section 13.1.2: the weak comparison. */
export const matches = (ifNoneMatch: string | undefined, tag: string): boolean =>
  ifNoneMatch !== undefined &&
  (ifNoneMatch.trim() === '*' ||
    ifNoneMatch.split(',').some((one) => one.trim().replace(/^W\//, '') === tag));
