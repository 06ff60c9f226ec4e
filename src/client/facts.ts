/**
 * What a client's cache has to know of a schema. Takes a GraphQL schema, returns names, sorted. A new table adds its
 * names by itself. Must never depend on the order in which the schema was built.
 */
import {
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isNonNullType,
  isObjectType,
} from 'postgraphile/graphql';

export interface Facts {
  /** Types with an id that is never null. */
  readonly rows: readonly string[];
  /** All other object types. */
  readonly keyless: readonly string[];
  /** Fields that return pages, by the type that has them. */
  readonly pages: Readonly<Record<string, readonly string[]>>;
  readonly mutations: readonly string[];
}

export function factsOf(schema: GraphQLSchema): Facts {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const types = Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter(({ name }) => !name.startsWith('__'))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
  const others = types.filter((type) => !roots.includes(type));
  // An id that may be null is not the type's own: a TaskChange has the id of the task.
  const hasId = (type: GraphQLObjectType) => isNonNullType(type.getFields().id?.type);
  const lists = types
    .filter((type) => type !== schema.getMutationType())
    .map((type) => [type.name, pagesOf(type)] as const)
    .filter(([, fields]) => fields.length > 0);
  return {
    rows: others.filter(hasId).map(({ name }) => name),
    keyless: others.filter((type) => !hasId(type)).map(({ name }) => name),
    pages: Object.fromEntries(lists),
    mutations: Object.keys(schema.getMutationType()?.getFields() ?? {}).sort(),
  };
}

/** A page is a type with `nodes` and `pageInfo`. */
function pagesOf(type: GraphQLObjectType): string[] {
  return Object.values(type.getFields())
    .filter((field) => {
      const of = getNamedType(field.type);
      return isObjectType(of) && 'nodes' in of.getFields() && 'pageInfo' in of.getFields();
    })
    .map(({ name }) => name)
    .sort();
}
