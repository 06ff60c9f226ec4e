/**
 * What always exists is never null in the API: the rows of a page, the page itself, what a mutation
 * wrote, the owner that a not-null foreign key names, the signed-in person. A client need not ask.
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
 * The foreign key is in this row and never null. Row level security hides what it names only if that is
 * another person's, and a key that spans people is a fault of the schema which the doctor reports.
 */
function isOfRow(details: GraphileBuild.PgRelationsPluginRelationDetails | undefined): boolean {
  const relation = details?.registry.pgRelations[details.codec.name]?.[details.relationName];
  if (!relation || relation.isReferencee) return false;
  const { attributes } = relation.localCodec;
  return relation.localAttributes.every((column) => attributes[column]?.notNull === true);
}
