/**
 * What REST serves, read from the GraphQL schema: each table with an integer `id`, with the operations that the
 * schema has for it. Takes a schema, returns its resources and functions. Must never know a table by its name, or
 * offer what the schema does not.
 */
import {
  type GraphQLEnumType,
  type GraphQLField,
  type GraphQLFieldMap,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  GraphQLInt,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isObjectType,
} from 'postgraphile/graphql';
import { type ServedTable, servedBy } from '../graphql/schema/served.ts';
import { type Callable, callablesOf } from './functions.ts';
import { snakeCase } from './names.ts';

export interface Column {
  readonly name: string;
  /** undefined: the owner's column, which is always the person's id. */
  readonly field: string | undefined;
  readonly type: GraphQLOutputType;
  readonly notNull: boolean;
  readonly hasDefault: boolean;
  readonly description: string | undefined;
  /** How the value is sent; undefined = it cannot be sent. */
  readonly create: GraphQLInputType | undefined;
  readonly update: GraphQLInputType | undefined;
}

/** A column of a list's filters: created_since. */
export interface Filter {
  readonly name: string;
  readonly field: string;
  readonly type: GraphQLInputType;
  readonly description: string | undefined;
}

export interface List {
  readonly field: string;
  /** The same list below `me`, where one statement counts the rows as well. */
  readonly ofPerson: string | undefined;
  readonly condition: string | undefined;
  readonly filters: readonly Filter[];
  /** Name of the type of `orderBy`; undefined = the table has no orders. */
  readonly orderBy: string | undefined;
  /** By the value of `sort`. */
  readonly orders: ReadonlyMap<string, { readonly asc: string; readonly desc: string }>;
}

/** A mutation: the name of its input's type, of the member for values, and of the row in the payload. */
export interface Write {
  readonly field: string;
  readonly input: string;
  readonly values: string | undefined;
  readonly row: string;
  /** Whether the input has this member. */
  readonly expected: boolean;
  readonly key: boolean;
}

export interface Resource {
  /** The list's name in paths: tasks. */
  readonly path: string;
  readonly schema: string;
  /** The table: task. */
  readonly name: string;
  readonly type: string;
  readonly description: string | undefined;
  readonly columns: readonly Column[];
  /** The column that changes with every change of the row. */
  readonly changed: string | undefined;
  readonly list: List | undefined;
  readonly one: string;
  readonly create: Write | undefined;
  readonly update: Write | undefined;
  readonly delete: Write | undefined;
  /** Of toggle_<table>(id), if rows have a boolean `completed`. */
  readonly toggle: Callable | undefined;
}

export interface Model {
  readonly schema: GraphQLSchema;
  /** By path. */
  readonly resources: ReadonlyMap<string, Resource>;
  /** By the name of the function. */
  readonly functions: ReadonlyMap<string, Callable>;
}

export function modelOf(schema: GraphQLSchema): Model {
  const served = servedBy(schema);
  const functions = callablesOf(schema, served.functions);
  const resources = served.tables.flatMap((table) => resourceOf(schema, table, functions));
  return {
    schema,
    resources: new Map(resources.map((resource) => [resource.path, resource])),
    functions: new Map(functions.map((one) => [one.name, one])),
  };
}

function resourceOf(
  schema: GraphQLSchema,
  table: ServedTable,
  functions: readonly Callable[],
): Resource[] {
  const type = schema.getType(table.type);
  const queries = schema.getQueryType()?.getFields() ?? {};
  const one = table.one === undefined ? undefined : queries[table.one];
  if (!isObjectType(type) || !one || !table.one || !isById(one)) return [];
  const mutations = schema.getMutationType()?.getFields() ?? {};
  const write = (field: string | undefined) => writeOf(mutations, field);
  const [create, update] = [write(table.create), write(table.update)];
  const list = table.list === undefined ? undefined : listOf(schema, table, table.list);
  const toggle = functions.find(({ name }) => name === `toggle_${table.name}`);
  const fields = type.getFields();
  const columns = table.columns.flatMap((column): Column[] => {
    const { name, field, notNull, hasDefault, description } = column;
    const output = field === undefined ? GraphQLInt : fields[field]?.type;
    if (!output || !isLeafType(getNamedType(output))) return [];
    const sent = (values: GraphQLInputObjectType | undefined) =>
      field === undefined ? undefined : values?.getFields()[field]?.type;
    return [
      {
        name,
        field,
        type: output,
        notNull,
        hasDefault,
        description: (field && fields[field]?.description) || description,
        create: sent(create?.type),
        update: sent(update?.type),
      },
    ];
  });
  const canComplete = columns.some(({ name, update: to }) => name === 'completed' && to);
  return [
    {
      path: snakeCase(table.list ?? table.one),
      schema: table.schema,
      name: table.name,
      type: table.type,
      description: table.description,
      columns,
      changed: table.changed,
      list,
      one: table.one,
      create: create?.write,
      update: update?.write,
      delete: write(table.delete)?.write,
      toggle: canComplete && toggle?.parameters.has('id') ? toggle : undefined,
    },
  ];
}

const isById = ({ args }: GraphQLField<unknown, unknown>): boolean =>
  args.length === 1 && args[0]?.name === 'id' && getNullableType(args[0].type) === GraphQLInt;

function listOf(schema: GraphQLSchema, table: ServedTable, field: string): List | undefined {
  const args = schema.getQueryType()?.getFields()[field]?.args ?? [];
  const typeOf = (name: string) => {
    const arg = args.find((one) => one.name === name);
    return arg && getNamedType(arg.type);
  };
  const [condition, orderBy] = [typeOf('condition'), typeOf('orderBy')];
  const me = getNamedType(schema.getQueryType()?.getFields().me?.type);
  const below = isObjectType(me) ? Object.values(me.getFields()) : [];
  return {
    field,
    ofPerson: below.find((one) => getNamedType(one.type).name === table.page)?.name,
    condition: condition?.name,
    filters: isInputObjectType(condition) ? filtersOf(condition) : [],
    orderBy: orderBy?.name,
    orders: isEnumType(orderBy) ? ordersOf(orderBy) : new Map(),
  };
}

const filtersOf = (condition: GraphQLInputObjectType): Filter[] =>
  Object.values(condition.getFields()).map(({ name, type, description }) => ({
    name: snakeCase(name),
    field: name,
    type,
    description: description?.replace(/\b[a-z]+[A-Z]\w*/g, snakeCase),
  }));

function ordersOf(type: GraphQLEnumType): List['orders'] {
  const names = new Set(type.getValues().map(({ name }) => name));
  const sorted = [...names].flatMap((name) => {
    const [, stem] = /^(.+)_ASC$/.exec(name) ?? [];
    return stem && names.has(`${stem}_DESC`) ? [stem] : [];
  });
  return new Map(
    sorted.map((stem) => [stem.toLowerCase(), { asc: `${stem}_ASC`, desc: `${stem}_DESC` }]),
  );
}

/** The name of the argument and of the key in GraphQL, see src/graphql/schema/writes.ts. */
export const EXPECTED = 'expectedUpdatedAt';
export const KEY = 'idempotencyKey';

function writeOf(mutations: GraphQLFieldMap<unknown, unknown>, name: string | undefined) {
  const field = name === undefined ? undefined : mutations[name];
  const input = field && getNamedType(field.args.find((arg) => arg.name === 'input')?.type);
  const payload = field && getNamedType(field.type);
  if (!field || !isInputObjectType(input) || !isObjectType(payload)) return undefined;
  const row = rowIn(payload);
  if (!row) return undefined;
  const members = Object.values(input.getFields());
  const values = members.find((member) => isInputObjectType(getNullableType(member.type)));
  const type = values && getNamedType(values.type);
  const has = (member: string) => members.some((one) => one.name === member);
  return {
    type: isInputObjectType(type) ? type : undefined,
    write: {
      field: field.name,
      input: input.name,
      values: values?.name,
      row,
      expected: has(EXPECTED),
      key: has(KEY),
    },
  };
}

/** `query` gives access to the whole schema, and is no result. */
const rowIn = (payload: GraphQLObjectType): string | undefined =>
  Object.values(payload.getFields()).find(
    (field) => field.name !== 'query' && isObjectType(getNullableType(field.type)),
  )?.name;
