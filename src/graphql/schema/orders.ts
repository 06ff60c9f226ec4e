/**
 * Sort orders. PostGraphile offers indexed columns; this plugin offers every orderable column of an owned
 * table, because the index on the owner limits the rows to sort. Equal values are ordered by id in the
 * same direction (PostGraphile's rule), so each cursor is one place. Adds no order to other tables.
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
        // NATURAL is not an order, and PRIMARY_KEY_* is the same as ID_*.
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
 * Nothing compares with null, so a cursor on a null would end the pages. With -infinity in its place the
 * order has no nulls, and the condition of a cursor stays one comparison of tuples.
 */
const neverIsEarliest =
  (attribute: string, direction: 'ASC' | 'DESC') =>
  (query: PgSelectQueryBuilder): void =>
    query.orderBy({
      attribute,
      direction,
      callback: (column, codec) => [
        sql`coalesce(${column}, '-infinity')`,
        // PostgreSQL's own text, because the API's format has no infinity.
        { ...codec, castFromPg: undefined },
        false,
      ],
    });
