/**
 * Inputs and payloads of mutations without Relay's clientMutationId, which no client here needs: HTTP
 * answers in order. An input that would be empty keeps it, because GraphQL has no empty inputs, and may
 * be left out altogether.
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
      /** What a function made, deleted or counted, by the name of its type instead of "result". */
      functionMutationResultFieldName: (
        _previous,
        _options,
        { resource, returnGraphQLTypeName },
      ) =>
        resource.codec.attributes
          ? returnGraphQLTypeName.charAt(0).toLowerCase() + returnGraphQLTypeName.slice(1)
          : returnGraphQLTypeName === 'Int'
            ? 'count'
            : 'result',
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
