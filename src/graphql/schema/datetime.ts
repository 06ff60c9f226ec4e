/**
 * The scalar Datetime: RFC 3339 (https://www.rfc-editor.org/rfc/rfc3339). Refuses other input that
 * PostgreSQL accepts: "yesterday", "infinity", a time without a zone. Passes the text on unchanged, so
 * microseconds are not lost.
 */
import type {} from 'postgraphile';
import { GraphQLError, Kind, type ValueNode } from 'postgraphile/graphql';

const RFC_3339 = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})$/i;

const RULE =
  'A Datetime is an RFC 3339 text with a time zone and at most six decimals: "2026-01-31T09:30:00Z".';

function moment(value: unknown, nodes?: ValueNode): string {
  if (typeof value === 'string' && RFC_3339.test(value)) return value;
  throw new GraphQLError(RULE, { nodes });
}

export const DatetimePlugin: GraphileConfig.Plugin = {
  name: 'DatetimePlugin',
  version: '1.0.0',
  schema: {
    hooks: {
      GraphQLScalarType: (config) =>
        config.name === 'Datetime'
          ? {
              ...config,
              parseValue: (value) => moment(value),
              parseLiteral: (node) =>
                moment(node.kind === Kind.STRING ? node.value : undefined, node),
            }
          : config,
    },
  },
};
