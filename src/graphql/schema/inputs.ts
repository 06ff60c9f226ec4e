/**
 * Removes Relay's clientMutationId from inputs and payloads: with HTTP, a client knows which request an
 * answer belongs to. An input with no other field keeps it, because GraphQL forbids empty inputs; the
 * argument `input` is then optional.
 */
import type {} from 'graphile-build-pg';
import type {} from 'postgraphile';

const RELAY_FIELD = 'clientMutationId';

export const InputsPlugin: GraphileConfig.Plugin = {
  name: 'InputsPlugin',
  version: '1.0.0',
  after: ['WritesPlugin'],
  inflection: {
    replace: {
      /** The payload's field has the name of its type instead of "result"; of a set the plural. */
      functionMutationResultFieldName(_previous, _options, { resource, returnGraphQLTypeName }) {
        if (!resource.codec.attributes) return returnGraphQLTypeName === 'Int' ? 'count' : 'result';
        const name = returnGraphQLTypeName.charAt(0).toLowerCase() + returnGraphQLTypeName.slice(1);
        return resource.isUnique ? name : this.pluralize(name);
      },
    },
  },
  schema: {
    hooks: {
      GraphQLInputObjectType_fields(fields, _build, { scope }) {
        if (!scope.isMutationInput) return fields;
        const { [RELAY_FIELD]: _dropped, ...rest } = fields;
        return Object.keys(rest).length > 0 ? rest : fields;
      },
      GraphQLObjectType_fields(fields, _build, { scope }) {
        if (!scope.isMutationPayload) return fields;
        const { [RELAY_FIELD]: _dropped, ...rest } = fields;
        return rest;
      },
      GraphQLObjectType_fields_field_args_arg(arg, build, { scope, Self }) {
        if (Self.name !== 'Mutation' || scope.argName !== 'input') return arg;
        const input = build.graphql.getNullableType(arg.type);
        const empty = build.graphql.isInputObjectType(input) && RELAY_FIELD in input.getFields();
        return empty ? { ...arg, defaultValue: {} } : arg;
      },
    },
  },
};
