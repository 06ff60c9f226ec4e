/**
 * What is served and what rows.ts has a row for, both as lists of names; `unproved` is the difference.
 * Served is what the catalogue and the schema say, not what anybody remembers.
 */

import {
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isObjectType,
  isSpecifiedScalarType,
} from 'graphql';
import type { ClientBase } from 'pg';
import type { Rows, ServedFunction, ServedTable } from './rows.ts';

/** What a GraphQL literal is made from: the row that a call is about, and a mark. */
export interface Target {
  readonly id: number;
  readonly cursor: string;
  readonly updatedAt: string | null;
  readonly mark: string;
  /** New for each call. */
  readonly key: string;
}

export type Literal = (target: Target) => string;

const camel = (name: string) => name.replace(/_(.)/g, (_, c: string) => c.toUpperCase());
const lower = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);
const upper = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);

/** Every coordinate of the API that a table brings, with a value where it takes one. */
function ofTable({
  type,
  list,
  columns,
  filters,
  once,
  parents = [],
}: ServedTable): Map<string, Literal | null> {
  const all = new Map<string, Literal | null>();
  for (const [name, { hidden, writable, ordered, value }] of Object.entries(columns)) {
    const field = camel(name);
    if (!hidden) all.set(`${type}.${field}`, null);
    const literal: Literal = ({ mark }) => JSON.stringify(value).replace('$M', mark);
    if (writable) {
      all.set(`${type}Input.${field}`, literal);
      all.set(`${type}Patch.${field}`, literal);
    }
    if (ordered)
      for (const way of ['ASC', 'DESC'])
        all.set(`${type}OrderBy.${name.toUpperCase()}_${way}`, null);
  }
  if (!list) return all;
  const one = lower(type);
  const add = (coordinates: Record<string, Literal | null>) => {
    for (const [name, literal] of Object.entries(coordinates)) all.set(name, literal);
  };
  for (const [name, literal] of Object.entries(filters))
    all.set(`${type}Condition.${name}`, ({ mark }) => literal.replace('$M', mark));
  for (const parent of parents) all.set(`${type}.${lower(parent)}`, null);
  for (const from of ['Query', 'User', ...parents].map((name) => `${name}.${list}`))
    add({
      [from]: null,
      [`${from}(first:)`]: () => '10',
      [`${from}(last:)`]: () => '10',
      [`${from}(after:)`]: ({ cursor }) => JSON.stringify(cursor),
      [`${from}(before:)`]: ({ cursor }) => JSON.stringify(cursor),
      [`${from}(orderBy:)`]: null,
      [`${from}(condition:)`]: null,
    });
  const id: Literal = (target) => String(target.id);
  const expected: Literal = ({ updatedAt }) => JSON.stringify(updatedAt);
  add({
    [`${type}.user`]: null,
    [`Query.${one}`]: null,
    [`Query.${one}(id:)`]: id,
    [`${type}Connection.edges`]: null,
    [`${type}Connection.nodes`]: null,
    [`${type}Connection.pageInfo`]: null,
    [`${type}Connection.totalCount`]: null,
    [`${type}Edge.cursor`]: null,
    [`${type}Edge.node`]: null,
    [`Create${type}Input.${one}`]: null,
    [`Update${type}Input.id`]: id,
    [`Update${type}Input.patch`]: null,
    [`Delete${type}Input.id`]: id,
  });
  if (once) add({ [`Create${type}Input.idempotencyKey`]: ({ key }) => JSON.stringify(key) });
  if (columns.updated_at)
    for (const verb of ['Update', 'Delete'])
      add({ [`${verb}${type}Input.expectedUpdatedAt`]: expected });
  for (const verb of ['create', 'update', 'delete'])
    add({
      [`Mutation.${verb}${type}`]: null,
      [`Mutation.${verb}${type}(input:)`]: null,
      [`${upper(verb)}${type}Payload.${one}`]: null,
    });
  return all;
}

function ofFunction({ mutation, input, payload }: ServedFunction): Map<string, Literal | null> {
  const all = new Map<string, Literal | null>();
  if (!mutation) return all;
  all.set(`Mutation.${mutation}`, null).set(`Mutation.${mutation}(input:)`, null);
  for (const [name, literal] of Object.entries(input ?? {}))
    all.set(`${upper(mutation)}Input.${name}`, () => literal);
  if (Object.keys(input ?? {}).length === 0)
    all.set(`${upper(mutation)}Input.clientMutationId`, () => '"any"');
  for (const name of payload ?? []) all.set(`${upper(mutation)}Payload.${name}`, null);
  return all;
}

const COMMON = ['hasNextPage', 'hasPreviousPage', 'startCursor', 'endCursor']
  .map((name) => `PageInfo.${name}`)
  .concat('Query.me');

/** Coordinates with a row, each with a value where it takes one. */
export const provedBy = ({ tables, functions }: Rows): Map<string, Literal | null> =>
  new Map([
    ...COMMON.map((name): [string, null] => [name, null]),
    ...tables.flatMap((table) => [...ofTable(table)]),
    ...functions.flatMap((served) => [...ofFunction(served)]),
  ]);

/** Every field, argument, input field and enum value of the schema, as a coordinate. */
export function coordinatesOf(schema: GraphQLSchema): string[] {
  const all: string[] = [];
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__') || isSpecifiedScalarType(type)) continue;
    if (isEnumType(type)) for (const { name } of type.getValues()) all.push(`${type.name}.${name}`);
    if (isInputObjectType(type))
      for (const name of Object.keys(type.getFields())) all.push(`${type.name}.${name}`);
    if (isObjectType(type))
      for (const { name, args } of Object.values(type.getFields())) {
        all.push(`${type.name}.${name}`);
        for (const arg of args) all.push(`${type.name}.${name}(${arg.name}:)`);
      }
  }
  return all;
}

/** Tables, their columns and rights, and functions, as the catalogue has them. */
async function catalogued(client: ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(`
    select format('table %I.%I', n.nspname, c.relname) as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('r', 'p', 'v', 'm', 'f')
    union all
    select format('column %I.%I.%I%s%s', n.nspname, c.relname, a.attname,
      case when has_column_privilege('todo_user', c.oid, a.attnum, 'insert') then ' insert' end,
      case when has_column_privilege('todo_user', c.oid, a.attnum, 'update') then ' update' end)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
    where n.nspname = 'public' and c.relkind in ('r', 'p', 'v', 'm', 'f') and a.attnum > 0
      and not a.attisdropped
    union all
    select format('delete from %I.%I', n.nspname, c.relname)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('r', 'p', 'v', 'm', 'f')
      and has_table_privilege('todo_user', c.oid, 'delete')
    union all
    select format('function %I.%I(%s)', n.nspname, p.proname, oidvectortypes(p.proargtypes))
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname in ('public', 'app_private') and has_function_privilege('todo_user', p.oid, 'execute')
    union all
    select distinct format('private table %s', a.attrelid::regclass)
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.relnamespace = 'app_private'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0`);
  return rows.map(({ name }) => name);
}

const inSql = ({ tables, functions, privateTables, impersonalTables }: Rows): string[] => [
  ...tables.flatMap(({ sql, columns, deletable }) => [
    `table ${sql}`,
    ...Object.entries(columns).map(
      ([name, { writable }]) => `column ${sql}.${name}${writable ? ' insert update' : ''}`,
    ),
    ...(deletable ? [`delete from ${sql}`] : []),
  ]),
  ...functions.map(({ name }) => `function ${name}`),
  ...[...Object.keys(privateTables), ...impersonalTables].map((name) => `private table ${name}`),
];

/** What is served and has no row, and what has a row and is no longer served. */
export async function unproved(
  client: ClientBase,
  schema: GraphQLSchema,
  rows: Rows,
): Promise<string[]> {
  const served = new Set([...(await catalogued(client)), ...coordinatesOf(schema)]);
  const proved = new Set([...inSql(rows), ...provedBy(rows).keys()]);
  return [
    ...[...served].filter((name) => !proved.has(name)).map((name) => `no row: ${name}`),
    ...[...proved].filter((name) => !served.has(name)).map((name) => `not served: ${name}`),
  ].sort();
}
