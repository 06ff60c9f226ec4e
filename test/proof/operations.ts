/**
 * Every operation of a schema, made from the schema: each field with each of its arguments, filters,
 * orders and inputs, one at a time and with all that is required. A value comes from rows.ts by its
 * coordinate; what has none is no operation, and a complaint of complete.test.ts.
 */
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql';
import { camel, type Relation } from './relations.ts';
import type { Target, Values } from './target.ts';

const upper = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);

export interface Operation {
  readonly name: string;
  readonly mutation: boolean;
  /** The type of the row that it is about. */
  readonly type: string | undefined;
  /** A mutation of the row with a key, and not of all that the person has. */
  readonly addressed: boolean;
  /** The types of the rows that its owner must find. */
  readonly finds: readonly string[];
  readonly document: (at: At) => string;
}

/** The row of this type that a field is about. */
export type At = (type: string | undefined) => Target;

export interface Plan {
  readonly values: Values;
  readonly relations: readonly Relation[];
  /** Mutations after which there is nobody to read for. */
  readonly ends: readonly string[];
}

/** A value, and the name of what is tried in it. */
type Variant = readonly [name: string, literal: (target: Target) => string];

function ofType(values: Values, type: GraphQLInputType, coordinate: string): Variant[] {
  const named = getNamedType(type);
  const literal = values.get(coordinate);
  // A filter has the one value that the rows meet; an order and an input are tried with each.
  if (isEnumType(named) && !(literal && /Condition\./.test(coordinate)))
    return named
      .getValues()
      .map(({ name }) => [name, () => (isListType(getNullableType(type)) ? `[${name}]` : name)]);
  if (isInputObjectType(named)) return ofInput(values, named);
  return literal ? [['', literal]] : [];
}

/** The required fields alone, and each other field beside them. */
function ofInput(values: Values, type: GraphQLInputObjectType): Variant[] {
  const fields = Object.values(type.getFields());
  const variants = (field: GraphQLInputField) =>
    ofType(values, field.type, `${type.name}.${field.name}`).map(
      ([name, literal]): Variant => [
        `${field.name} ${name}`.trim(),
        (target) => `${field.name}: ${literal(target)}`,
      ],
    );
  return combine(
    fields.filter(isRequiredInputField).map(variants),
    fields.filter((field) => !isRequiredInputField(field)).flatMap(variants),
  ).map(([name, literal]) => [name, (target) => `{${literal(target)}}`]);
}

/** Each variant of what is required, and each of the rest beside the first of those. */
function combine(required: Variant[][], optional: Variant[]): Variant[] {
  // Something required has no row in rows.ts: complete.test.ts names it.
  if (required.some((variants) => variants.length === 0)) return [];
  const firsts = required.flatMap((variants) => variants.slice(0, 1));
  const join = (parts: Variant[], name: string): Variant => [
    name,
    (target) => parts.map(([, literal]) => literal(target)).join(', '),
  ];
  const all = required.flatMap((variants, i) =>
    variants.map((variant) => join(firsts.with(i, variant), variant[0])),
  );
  // An empty patch is no request; what has nothing to say is one.
  if (required.length === 0 && optional.every(([name]) => name === 'clientMutationId'))
    all.push(join([], ''));
  return [...all, ...optional.map((variant) => join([...firsts, variant], variant[0]))];
}

/** What can be put behind a field's name. */
function argumentsOf(
  values: Values,
  field: GraphQLField<unknown, unknown>,
  coordinate: string,
): Variant[] {
  const variants = (arg: GraphQLArgument) =>
    ofType(values, arg.type, `${coordinate}(${arg.name}:)`).map(
      ([name, literal]): Variant => [
        `${arg.name} ${name}`.trim(),
        (target) => `${arg.name}: ${literal(target)}`,
      ],
    );
  const required = field.args.filter(isRequiredArgument).map(variants);
  const optional = field.args.filter((arg) => !isRequiredArgument(arg)).flatMap(variants);
  const all = combine(required, optional);
  if (required.length === 0 && optional.length > 0) all.push(['', () => '']);
  return all.map(([name, literal]) => [
    name,
    (target) => (literal(target) ? `(${literal(target)})` : ''),
  ]);
}

/** The fields that take no argument. The reads after a mutation have an operation of their own. */
const plainFields = (type: GraphQLObjectType) =>
  Object.values(type.getFields()).filter(({ args, name }) => args.length === 0 && name !== 'query');

/** All fields that take no argument, to the scalars. */
function selectionOf(type: GraphQLObjectType): string {
  const fields = plainFields(type);
  const parts = fields.map((field) => {
    const named = getNamedType(field.type);
    return isObjectType(named) ? `${field.name} ${selectionOf(named)}` : field.name;
  });
  return `{ __typename ${parts.join(' ')} }`;
}

/**
 * The types of rows in that selection; of `sure` ones only those that no nullable field leads to.
 */
function rowTypesOf(
  type: GraphQLObjectType,
  types: ReadonlySet<string>,
  sure: boolean,
  into = new Set<string>(),
): Set<string> {
  if (types.has(type.name)) into.add(type.name);
  for (const field of plainFields(type)) {
    const named = getNamedType(field.type);
    if (isObjectType(named) && (!sure || isNonNullType(field.type)))
      rowTypesOf(named, types, sure, into);
  }
  return into;
}

/** The table of createTask and of createTasks. */
function writtenBy(field: string, relations: readonly Relation[]): Relation | undefined {
  const name = field.slice('create'.length);
  if (!/^(create|update|delete)/.test(field)) return undefined;
  return relations.find(({ type, list }) => type === name || (list && upper(list) === name));
}

/** The keys of a page of each list. */
const readsAfter = (relations: readonly Relation[]): string =>
  relations
    .flatMap(({ list, key }) =>
      list ? `${list} { totalCount nodes { __typename ${key.map(camel).join(' ')} } }` : [],
    )
    .join(' ');

export function operationsOf(
  schema: GraphQLSchema,
  { values, relations, ends }: Plan,
): Operation[] {
  const operations: Operation[] = [];
  const types = new Set(relations.map(({ type }) => type));
  // Behind a cursor of the middle row there may be no row, or one without references.
  const paged = /^(after|before)$/;
  const views = new Set<string | undefined>(
    relations.filter(({ viewOf }) => viewOf).map(({ type }) => type),
  );
  const add = (
    parent: GraphQLObjectType,
    wrap: (at: At, text: string) => string,
    path: string,
    mutation = false,
  ) => {
    for (const field of Object.values(parent.getFields())) {
      const coordinate = `${parent.name}.${field.name}`;
      const named = getNamedType(field.type);
      // Without a row in rows.ts there is nothing to say of it: complete.test.ts names it.
      if (!values.has(coordinate)) continue;
      if (!isObjectType(named) && !isLeaf(path, field)) continue;
      if (path && field.args.length === 0) continue;
      const selection = isObjectType(named) ? selectionOf(named) : '';
      const found = isObjectType(named) ? [...rowTypesOf(named, types, false)] : [];
      const sure = isObjectType(named) ? [...rowTypesOf(named, types, true)] : [];
      const written = mutation ? writtenBy(field.name, relations) : undefined;
      const type = written?.type ?? found[0];
      const addressed = written !== undefined && !field.name.startsWith('create');
      const variants = argumentsOf(values, field, coordinate);
      for (const [name, literal] of variants)
        operations.push({
          name: `${path}${field.name} ${name}`.trim(),
          mutation,
          type,
          addressed,
          finds: mutation ? sure : !paged.test(name) ? found : path || views.has(type) ? [] : sure,
          document: (at) => wrap(at, `${field.name}${literal(at(type))} ${selection}`),
        });
      const [first] = variants;
      const reads = `{ query { me { __typename id } ${readsAfter(relations)} } }`;
      if (mutation && first && !ends.includes(field.name))
        operations.push({
          name: `${field.name} query`,
          mutation,
          type,
          addressed,
          finds: ['User'],
          document: (at) => wrap(at, `${field.name}${first[1](at(type))} ${reads}`),
        });
      // Lists of what a field gives, the person's own above all.
      if (mutation || path || !isObjectType(named) || !types.has(named.name)) continue;
      const around = (at: At, text: string) =>
        wrap(at, `${field.name}${first?.[1](at(type)) ?? ''} { __typename ${text} }`);
      if (first || field.args.length === 0) add(named, around, `${field.name}.`);
    }
  };
  const query = schema.getQueryType();
  const mutation = schema.getMutationType();
  if (query) add(query, (_, text) => `{ ${text} }`, '');
  if (mutation) add(mutation, (_, text) => `mutation { ${text} }`, '', true);
  return operations;
}

/** A function's field that gives one value. Columns are part of every selection. */
const isLeaf = (path: string, { args }: GraphQLField<unknown, unknown>): boolean =>
  path === '' || args.length > 0;
