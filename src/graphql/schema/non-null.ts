/**
 * Makes fields non-null whose value always exists: pages and their rows, the row that a mutation wrote,
 * the row of a not-null foreign key, `me`. Changes types only.
 */
import type {} from 'graphile-build-pg';
import type {} from 'postgraphile';
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
          scope.isMutationPayload ||
          (scope.isRootQuery && fieldName === 'me') ||
          (scope.isPgSingleRelationField && isOfRow(scope.pgRelationDetails));
        return always ? { ...field, type: nonNull(field.type) } : field;
      },
    },
  },
};

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
