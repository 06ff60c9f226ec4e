/**
 * Introspection for requests without a token, in development. Takes a schema, returns a function that answers a
 * query about the schema and nothing else. It runs on a copy of the schema that has types only, so it must never
 * reach a row, whatever the query says.
 */
import {
  BREAK,
  buildClientSchema,
  type DocumentNode,
  type ExecutionResult,
  executeSync,
  type GraphQLSchema,
  introspectionFromSchema,
  isIntrospectionType,
  parse,
  Source,
  specifiedRules,
  TypeInfo,
  validate,
  visit,
  visitWithTypeInfo,
} from 'postgraphile/graphql';

export interface SchemaRequest {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Record<string, unknown> | null | undefined;
}

/** Undefined: the request asks for something else, is not valid, or has more than `maxTokens` tokens. */
export type Introspect = (request: SchemaRequest) => ExecutionResult | undefined;

export function introspector(schema: GraphQLSchema, maxTokens: number): Introspect {
  let copy: GraphQLSchema | undefined;
  return ({ query, operationName, variables }) => {
    copy ??= buildClientSchema(introspectionFromSchema(schema));
    try {
      const document = parse(new Source(query, 'GraphQL request'), { maxTokens });
      if (validate(copy, document, specifiedRules, { maxErrors: 1 }).length > 0) return undefined;
      if (!asksForSchemaOnly(document, copy)) return undefined;
      const result = executeSync({
        schema: copy,
        document,
        operationName,
        variableValues: variables,
      });
      return result.errors ? undefined : result;
    } catch {
      // A document that does not parse, or a RangeError: parser and rules are recursive.
      return undefined;
    }
  };
}

/** `{ __typename }` alone does not count: clients send it to see whether their token is valid. */
function asksForSchemaOnly(document: DocumentNode, schema: GraphQLSchema): boolean {
  let asks = false;
  let other = false;
  const types = new TypeInfo(schema);
  visit(
    document,
    visitWithTypeInfo(types, {
      Field({ name }) {
        const parent = types.getParentType();
        if (parent && isIntrospectionType(parent)) return undefined;
        if (name.value === '__schema' || name.value === '__type') asks = true;
        else if (name.value !== '__typename') other = true;
        return other ? BREAK : undefined;
      },
    }),
  );
  return asks && !other;
}
