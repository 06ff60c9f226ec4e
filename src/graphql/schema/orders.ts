/**
 * Orders. PostGraphile offers the columns of any index; here it is every column of an owned table that
 * can be ordered at all, since the owner's index bounds the rows that are sorted. Ties are broken by id
 * in the same direction, which is PostGraphile's own rule and keeps each page's end a single place.
 */
import type {} from 'graphile-build-pg';
import type {} from 'postgraphile';
import type { PgSelectQueryBuilder } from 'postgraphile/@dataplan/pg';
import { sql } from 'postgraphile/pg-sql2';
import { isOrderable, isOwned, isTime, OWNER_COLUMN } from './columns.ts';

export const OrdersPlugin: GraphileConfig.Plugin = {
  name: 'OrdersPlugin',
  version: '1.0.0',
  after: ['PgOrderAllAttributesPlugin', 'PgOrderByPrimaryKeyPlugin'],
  schema: {
    entityBehavior: {
      pgCodecAttribute: {
        override: {
          provides: ['rowguardOrders'],
          callback: (behavior, [codec, name]) => {
            const attribute = codec.attributes[name];
            const offered =
              attribute && isOwned(codec) && name !== OWNER_COLUMN && isOrderable(attribute);
            return [behavior, offered ? 'attribute:orderBy' : '-attribute:orderBy'];
          },
        },
      },
    },
    hooks: {
      GraphQLEnumType_values(values, build, { scope }) {
        const { pgCodec } = scope;
        if (!scope.isPgRowSortEnum || !pgCodec || !isOwned(pgCodec)) return values;
        // NATURAL is no order at all, PRIMARY_KEY_* another name for ID_*.
        const { NATURAL: _n, PRIMARY_KEY_ASC: _a, PRIMARY_KEY_DESC: _d, ...rest } = values;
        for (const [attributeName, attribute] of Object.entries(pgCodec.attributes)) {
          if (attribute.notNull || !isTime(attribute)) continue;
          for (const direction of ['ASC', 'DESC'] as const) {
            const name = build.inflection.orderByAttributeEnum({
              codec: pgCodec,
              attributeName,
              variant: direction === 'ASC' ? 'asc' : 'desc',
            });
            if (!(name in rest)) continue;
            rest[name] = {
              ...rest[name],
              extensions: { grafast: { apply: neverIsEarliest(attributeName, direction) } },
            };
          }
        }
        return rest;
      },
    },
  },
};

/**
 * A cursor on a null compares with nothing, and pages would end there. With "never" as the earliest of
 * all times the order has no nulls, and the condition behind a cursor stays one comparison of tuples.
 */
const neverIsEarliest =
  (attribute: string, direction: 'ASC' | 'DESC') =>
  (query: PgSelectQueryBuilder): void =>
    query.orderBy({
      attribute,
      direction,
      callback: (column, codec) => [
        sql`coalesce(${column}, '-infinity')`,
        // As PostgreSQL spells it: the API's own format has no infinity.
        { ...codec, castFromPg: undefined },
        false,
      ],
    });
