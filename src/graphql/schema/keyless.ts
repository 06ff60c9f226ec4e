/**
 * Orders of a view or table without a primary key: rows that are equal in the chosen order are ordered by all other
 * columns, because a cursor must name one place. Takes the argument `orderBy`, adds to its plan. Rows that are
 * equal in every column remain one place; `comment on view … is E'@primaryKey id'` names a better one.
 */
import type {} from 'graphile-build-pg';
import type {} from 'postgraphile';
import type {
  PgCodecWithAttributes,
  PgResource,
  PgSelectQueryBuilder,
  PgSelectStep,
} from 'postgraphile/@dataplan/pg';
import { type ConnectionStep, constant, lambda } from 'postgraphile/grafast';
import { applyOrder, ordersOf } from './orders.ts';
import { pure } from './pure.ts';

export const KeylessPlugin: GraphileConfig.Plugin = {
  name: 'KeylessPlugin',
  version: '1.0.0',
  // PagesPlugin replaces the plan of the argument.
  after: ['PgConnectionArgOrderByPlugin', 'PagesPlugin'],
  schema: {
    hooks: {
      GraphQLObjectType_fields_field_args_arg(arg, build, { scope }) {
        const resource: PgResource | undefined = scope.pgFieldResource;
        const { applyPlan } = arg;
        if (scope.argName !== 'orderBy' || !scope.isPgFieldConnection || !applyPlan) return arg;
        if (!resource?.codec.attributes || resource.parameters || resource.uniques.length > 0)
          return arg;
        const complete = completed(build, resource.codec as PgCodecWithAttributes);
        return {
          ...arg,
          applyPlan(
            $parent,
            $field: ConnectionStep<never, never, never, never, never>,
            input,
            info,
          ) {
            applyPlan($parent, $field, input, info);
            const $select = $field.getSubplan() as unknown as PgSelectStep;
            // A constant would be applied before the orders of the client.
            $select.apply(
              lambda(
                constant(null),
                pure(() => complete),
              ),
            );
          },
        };
      },
    },
  },
};

/** Adds every column to the orders that the client has chosen. A column that is among them changes nothing. */
function completed(build: GraphileBuild.Build, codec: PgCodecWithAttributes) {
  const orders = ordersOf(build, codec).filter(
    ({ direction, computed }) => direction === 'ASC' && !computed,
  );
  return (query: PgSelectQueryBuilder): void => {
    for (const order of orders) applyOrder(order)(query);
    query.setOrderIsUnique();
  };
}
