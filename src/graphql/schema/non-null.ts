/**
 * Makes fields non-null whose value always exists: pages and their rows, the row that a mutation wrote,
 * the row of a not-null foreign key, `me`. The result of a function may be null unless its comment says
 * `@notNull`. Changes types only.
 */
import type {} from 'graphile-build-pg';
import type {} from 'postgraphile';
import { type PgResource, TYPES } from 'postgraphile/@dataplan/pg';
import type { GraphQLOutputType } from 'postgraphile/graphql';

export const NonNullPlugin: GraphileConfig.Plugin = {
  name: 'NonNullPlugin',
  version: '1.0.0',
  schema: {
    hooks: {
      GraphQLObjectType_fields_field(field, build, { scope }) {
        const { GraphQLNonNull, GraphQLList, getNullableType, isListType } = build.graphql;
        const nonNull = (type: GraphQLOutputType) => new GraphQLNonNull(getNullableType(type));
        const { fieldName } = scope;
        if (scope.isConnectionType && (fieldName === 'nodes' || fieldName === 'edges')) {
          const list = getNullableType(field.type);
          if (!isListType(list)) return field;
          return { ...field, type: new GraphQLNonNull(new GraphQLList(nonNull(list.ofType))) };
        }
        const always =
          scope.isPgFieldConnection ||
          (scope.isConnectionEdgeType && fieldName === 'node') ||
          scope.isCursorField ||
          (scope.isMutationPayload && (fieldName === 'query' || isWritten(scope.pgTypeResource))) ||
          (scope.isRootQuery && fieldName === 'me') ||
          (scope.isPgSingleRelationField && isOfRow(scope.pgRelationDetails));
        return always ? { ...field, type: nonNull(field.type) } : field;
      },
    },
  },
};

/** The account is there when deleteMe runs, or the request would have been refused. */
const ALWAYS_A_ROW = 'delete_me';

/** Whether the mutation has a result if it has no error: not every function that returns one row does. */
function isWritten(resource: PgResource | undefined): boolean {
  if (!resource?.parameters) return true;
  // Sets are empty instead of null. An integer is a count in this API.
  return !resource.isUnique || resource.codec === TYPES.int || resource.name === ALWAYS_A_ROW;
}

/**
 * Whether the foreign key is in this row and not null. Row level security could still hide the other row
 * if it belonged to another person; the doctor reports such a foreign key as an error.
 */
function isOfRow(details: GraphileBuild.PgRelationsPluginRelationDetails | undefined): boolean {
  const relation = details?.registry.pgRelations[details.codec.name]?.[details.relationName];
  if (!relation || relation.isReferencee) return false;
  const { attributes } = relation.localCodec;
  return relation.localAttributes.every((column) => attributes[column]?.notNull === true);
}
