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
  isEnumType,
  isInputObjectType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql';
import type { Literal, Target } from './coverage.ts';

export interface Operation {
  readonly name: string;
  readonly mutation: boolean;
  /** A mutation of the row with an id, and not of all that the person has. */
  readonly addressed: boolean;
  /** The types of the rows that its owner must find. */
  readonly finds: readonly string[];
  readonly document: (target: Target) => string;
}

/** What each coordinate takes. */
type Values = ReadonlyMap<string, Literal | null>;

/** A value, and the name of what is tried in it. */
type Variant = readonly [name: string, literal: (target: Target) => string];

function ofType(values: Values, type: GraphQLInputType, coordinate: string): Variant[] {
  const named = getNamedType(type);
  if (isEnumType(named)) return named.getValues().map(({ name }) => [name, () => `[${name}]`]);
  if (isInputObjectType(named)) return ofInput(values, named);
  const literal = values.get(coordinate);
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

/** All fields that take no argument, to the scalars. */
function selectionOf(type: GraphQLObjectType): string {
  const fields = Object.values(type.getFields()).filter(({ args }) => args.length === 0);
  const parts = fields.map((field) => {
    const named = getNamedType(field.type);
    return isObjectType(named) ? `${field.name} ${selectionOf(named)}` : field.name;
  });
  return `{ __typename ${parts.join(' ')} }`;
}

/** The types with an id in that selection. */
function rowTypesOf(type: GraphQLObjectType, into = new Set<string>()): Set<string> {
  const fields = Object.values(type.getFields()).filter(({ args }) => args.length === 0);
  if (fields.some(({ name }) => name === 'id')) into.add(type.name);
  for (const field of fields) {
    const named = getNamedType(field.type);
    if (isObjectType(named)) rowTypesOf(named, into);
  }
  return into;
}

export function operationsOf(schema: GraphQLSchema, values: Values): Operation[] {
  const operations: Operation[] = [];
  const add = (
    parent: GraphQLObjectType,
    wrap: (text: string) => string,
    path: string,
    mutation = false,
  ) => {
    for (const field of Object.values(parent.getFields())) {
      const named = getNamedType(field.type);
      if (!isObjectType(named) || (path && field.args.length === 0)) continue;
      const input = field.args.map((arg) => getNamedType(arg.type)).find(isInputObjectType);
      for (const [name, literal] of argumentsOf(values, field, `${parent.name}.${field.name}`))
        operations.push({
          name: `${path}${field.name} ${name}`.trim(),
          mutation,
          addressed: mutation && input?.getFields().id !== undefined,
          finds: [...rowTypesOf(named)],
          document: (target) => wrap(`${field.name}${literal(target)} ${selectionOf(named)}`),
        });
      // Lists of what a field gives, the person's own above all.
      if (!mutation && !path && field.args.length === 0)
        add(named, (text) => wrap(`${field.name} { __typename ${text} }`), `${field.name}.`);
    }
  };
  const query = schema.getQueryType();
  const mutation = schema.getMutationType();
  if (query) add(query, (text) => `{ ${text} }`, '');
  if (mutation) add(mutation, (text) => `mutation { ${text} }`, '', true);
  return operations;
}
