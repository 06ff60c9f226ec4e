/**
 * Datetime as RFC 3339 has it, and nothing else PostgreSQL would also take: "yesterday", "infinity", a
 * time without a zone. The text goes on as it is, so that microseconds arrive as they were read.
 */
import type {} from 'postgraphile';
import { GraphQLError, Kind, type ValueNode } from 'postgraphile/graphql';

const RFC_3339 = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})$/i;

const RULE =
  'A Datetime is written as RFC 3339 says, with a time zone and at most six decimals: "2026-01-31T09:30:00Z".';

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
