/**
 * Bodies of POST, PUT and PATCH. Takes the JSON value of a body and the columns, returns the values for the GraphQL
 * operation; throws a Problem that names the field. Must never let a body choose the owner of a row.
 */
import { isNonNullType } from 'postgraphile/graphql';
import type { Column, Resource } from './model.ts';
import { invalid, Problem } from './problem.ts';
import { checkValue } from './values.ts';

export type Values = Readonly<Record<string, unknown>>;

export function objectIn(body: unknown): Values {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return { ...body };
  throw new Problem(400, 'BAD_USER_INPUT', 'The body must be a JSON object.');
}

/** `create`: POST. `replace`: PUT. `change`: PATCH. */
export type Purpose = 'create' | 'replace' | 'change';

/** By the fields of GraphQL. `userId`: the person who sends the body. */
export function valuesIn(
  body: unknown,
  { columns }: Resource,
  purpose: Purpose,
  userId: number,
): Values {
  const sent = objectIn(body);
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(sent)) {
    const column = columns.find((one) => one.name === name);
    if (!column) throw unknown(name, columns, purpose);
    const type = purpose === 'create' ? column.create : column.update;
    if (type && column.field) {
      if (value === null && column.notNull) throw required(name);
      checkValue(name, value, type);
      values[column.field] = value;
    } else if (column.field === undefined && value !== userId && value !== String(userId)) {
      throw invalid(name, 'READ_ONLY_FIELD', `${name} is always your own id. Leave it out.`);
    }
    // A client that sends a whole row back sends its other columns too. They stay as they are.
  }
  for (const column of columns) complete(values, column, purpose);
  return values;
}

/** PUT empties what it leaves out. A column that is never empty keeps its value if it has a default. */
function complete(values: Record<string, unknown>, column: Column, purpose: Purpose): void {
  const { name, field, notNull, hasDefault, create, update } = column;
  if (!field || field in values || purpose === 'change') return;
  if (purpose === 'create') {
    if (create && isNonNullType(create)) throw required(name);
  } else if (update && !notNull) values[field] = null;
  else if (update && !hasDefault) throw required(name);
}

const required = (name: string): Problem => invalid(name, 'REQUIRED', `${name} is required.`);

function unknown(name: string, columns: readonly Column[], purpose: Purpose): Problem {
  const known = columns.filter(({ create, update }) => (purpose === 'create' ? create : update));
  const names = known.map((column) => column.name).join(', ');
  return invalid(
    name.slice(0, 100),
    'UNKNOWN_FIELD',
    `There is no such field. A body may have: ${names}.`,
  );
}
