/** The text of a schema as introspection shows it, sorted by name: the order of the plugins makes no difference. */
import {
  buildClientSchema,
  type GraphQLSchema,
  introspectionFromSchema,
  lexicographicSortSchema,
  printSchema,
} from 'postgraphile/graphql';

export function sdlOf(schema: GraphQLSchema): string {
  const seen = buildClientSchema(introspectionFromSchema(schema));
  return `${printSchema(lexicographicSortSchema(seen))}\n`;
}
