/**
 * The GraphQL operations that routes stand for, as text. Takes a resource and the shape of a request, returns the
 * same text for the same shape: a document is planned and compiled once. Must never put a value of a request into
 * a text.
 */
import type { Callable } from './functions.ts';
import type { Column, List, Resource, Write } from './model.ts';
import { pascalCase } from './names.ts';

/** Aliases give the rows the names of the database. */
const selectionOf = (columns: readonly Column[]): string =>
  columns
    .flatMap(({ field }) => field ?? [])
    .map((field, index) => `c${index}: ${field}`)
    .join(' ');

/** Which parts of a list a request has. Absent variables would be further plans of one document. */
export interface ListShape {
  /** Whether the rows of all pages are counted. */
  readonly total: boolean;
  readonly after: boolean;
  readonly condition: boolean;
  readonly orderBy: boolean;
}

const operation = (resource: Resource, verb: string): string =>
  `Rest${verb}${pascalCase(resource.path)}`;

export function listDocument(resource: Resource, list: List, shape: ListShape): string {
  const variables = ['$first: Int!'];
  const args = ['first: $first'];
  const add = (wanted: boolean, name: string, type: string) => {
    if (!wanted) return;
    variables.push(`$${name}: ${type}`);
    args.push(`${name}: $${name}`);
  };
  add(shape.after, 'after', 'Cursor!');
  add(shape.condition, 'condition', `${list.condition}!`);
  add(shape.orderBy, 'orderBy', `[${list.orderBy}!]!`);
  const rows = `nodes { ${selectionOf(resource.columns)} } pageInfo { hasNextPage endCursor }`;
  const page = (field: string) =>
    `page: ${field}(${args.join(', ')}) { ${shape.total ? 'totalCount ' : ''}${rows} }`;
  const whole = shape.total && list.ofPerson ? `me { ${page(list.ofPerson)} }` : page(list.field);
  return `query ${operation(resource, 'List')}(${variables.join(', ')}) { ${whole} }`;
}

export function countDocument(resource: Resource, list: List, condition: boolean): string {
  const [variables, args] = condition
    ? [`($condition: ${list.condition}!)`, '(condition: $condition)']
    : ['', ''];
  return `query ${operation(resource, 'Count')}${variables} { page: ${list.field}${args} { totalCount } }`;
}

export const oneDocument = (resource: Resource): string =>
  `query ${operation(resource, 'Get')}($id: Int!) { row: ${resource.one}(id: $id) { ${selectionOf(resource.columns)} } }`;

export const writeDocument = (resource: Resource, write: Write, verb: string): string => {
  const name = operation(resource, verb);
  return `mutation ${name}($input: ${write.input}!) { done: ${write.field}(input: $input) { row: ${write.row} { ${selectionOf(resource.columns)} } } }`;
};

/** Nothing of the deleted row is needed but that it was there. */
export const deleteDocument = (resource: Resource, write: Write): string =>
  `mutation ${operation(resource, 'Delete')}($input: ${write.input}!) { done: ${write.field}(input: $input) { row: ${write.row} { __typename } } }`;

/** `columns`: of the rows, if they are rows of a table. `sent`: names of the parameters in the request. */
export function callDocument(
  one: Callable,
  columns: readonly Column[] | undefined,
  sent: readonly string[],
  after: boolean,
): string {
  const fields = columns
    ? selectionOf(columns)
    : one.values.map(({ field, name }) => `${name}: ${field}`).join(' ');
  const inner = {
    nothing: '',
    value: '',
    row: ` { ${fields} }`,
    rows: ` { ${fields} }`,
    page: ` { nodes { ${fields} } pageInfo { hasNextPage endCursor } }`,
  }[one.shape];
  const name = `Rest${pascalCase(one.name)}`;
  if (one.kind === 'mutation') {
    if (one.shape === 'nothing')
      return `mutation ${name}($input: ${one.input}!) { done: ${one.field}(input: $input) { __typename } }`;
    if (one.shape === 'value')
      return `mutation ${name}($input: ${one.input}!) { result: ${one.field}(input: $input) { ${fields} } }`;
    return `mutation ${name}($input: ${one.input}!) { done: ${one.field}(input: $input) { result: ${one.result}${inner} } }`;
  }
  const variables = sent.flatMap((parameter) => {
    const known = one.parameters.get(parameter);
    return known ? [[known.argument, String(known.type)] as const] : [];
  });
  const paging: (readonly [string, string])[] =
    one.shape === 'page'
      ? [['first', 'Int!'], ...(after ? [['after', 'Cursor!'] as const] : [])]
      : [];
  const all = [...variables, ...paging];
  const declared = all.map(([argument, type]) => `$${argument}: ${type}`).join(', ');
  const given = all.map(([argument]) => `${argument}: $${argument}`).join(', ');
  const [head, call] = all.length > 0 ? [`(${declared})`, `(${given})`] : ['', ''];
  return `query ${name}${head} { result: ${one.field}${call}${inner} }`;
}
