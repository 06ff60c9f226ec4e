/**
 * Sort orders: every orderable column of a table or view, and computed columns that ask for it. Equal values are
 * ordered by the primary key in the same direction (PostGraphile's rule), so each cursor is one place. A null in
 * updated_at is the earliest time; any other null comes last in both directions. Texts are in the order of Unicode.
 * Must never let a row without a value get lost between two pages.
 */
import type {} from 'graphile-build-pg';
import type {} from 'postgraphile';
import {
  type PgCodec,
  type PgCodecWithAttributes,
  type PgSelectQueryBuilder,
  TYPES,
} from 'postgraphile/@dataplan/pg';
import type { GraphQLEnumValueConfig } from 'postgraphile/graphql';
import { type SQL, sql } from 'postgraphile/pg-sql2';
import {
  CHANGED_COLUMN,
  isCollated,
  isOrderable,
  isOwnerColumn,
  isTime,
  type Kind,
} from './columns.ts';
import { computedColumns } from './functions.ts';
import { hasOwnCollation, ordered } from './texts.ts';

type Direction = 'ASC' | 'DESC';

export const OrdersPlugin: GraphileConfig.Plugin = {
  name: 'OrdersPlugin',
  version: '1.0.0',
  after: ['PgOrderAllAttributesPlugin', 'PgOrderByPrimaryKeyPlugin', 'PgOrderCustomFieldsPlugin'],
  schema: {
    entityBehavior: {
      pgCodecAttribute: {
        override: {
          provides: ['rowguardOrders'],
          callback: (behavior, [codec, name]) => {
            const attribute = codec.attributes[name];
            const offered = attribute && !isOwnerColumn(codec, name) && isOrderable(attribute);
            return [behavior, offered ? 'attribute:orderBy' : '-attribute:orderBy'];
          },
        },
      },
    },
    hooks: {
      GraphQLEnumType_values(values, build, { scope }) {
        const { pgCodec } = scope;
        if (!scope.isPgRowSortEnum || !pgCodec?.attributes) return values;
        // NATURAL is not an order, and PRIMARY_KEY_* is the same as ID_*.
        const { NATURAL, PRIMARY_KEY_ASC: _a, PRIMARY_KEY_DESC: _d, ...rest } = values;
        for (const order of ordersOf(build, pgCodec as PgCodecWithAttributes)) {
          const before = rest[order.name];
          if (before) rest[order.name] = { ...before, ...enumValueOf(order) };
        }
        return Object.keys(rest).length > 0 || !NATURAL ? rest : { NATURAL };
      },
    },
  },
};

export interface Order extends Kind {
  /** Of the enum value. */
  readonly name: string;
  readonly field: string;
  readonly direction: Direction;
  readonly expression: (row: SQL) => SQL;
  /** Whether null is a time before all others; elsewhere it is the absence of a value. */
  readonly nullIsEarliest: boolean;
  readonly computed: boolean;
}

/** The orders that the API may have: PostGraphile's behaviors decide which it has. */
export function ordersOf(build: GraphileBuild.Build, codec: PgCodecWithAttributes): Order[] {
  const { inflection } = build;
  const both = (make: (variant: 'asc' | 'desc') => Order): Order[] => [make('asc'), make('desc')];
  const columns = Object.entries(codec.attributes).flatMap(([attributeName, attribute]) =>
    both((variant) => ({
      ...inUnicode(
        attribute,
        hasOwnCollation(attribute),
        (row) => sql`${row}.${sql.identifier(attributeName)}`,
      ),
      notNull: attribute.notNull,
      name: inflection.orderByAttributeEnum({ codec, attributeName, variant }),
      field: inflection.attribute({ codec, attributeName }),
      direction: variant === 'asc' ? 'ASC' : 'DESC',
      nullIsEarliest: attributeName === CHANGED_COLUMN && isTime(attribute),
      computed: false,
    })),
  );
  const computed = computedColumns(build, codec).flatMap(({ resource, expression, notNull }) =>
    both((variant) => ({
      ...inUnicode({ codec: resource.codec as PgCodec }, false, expression),
      notNull,
      name: inflection.computedAttributeOrder({ resource, variant }),
      field: inflection.computedAttributeField({ resource }),
      direction: variant === 'asc' ? 'ASC' : 'DESC',
      nullIsEarliest: false,
      computed: true,
    })),
  );
  return [...columns, ...computed];
}

/** Texts in the order of Unicode, unless their column has a collation of its own. Other values as they are. */
function inUnicode(
  kind: Kind,
  keepsCollation: boolean,
  expression: Order['expression'],
): Pick<Order, 'codec' | 'expression'> {
  if (!isCollated(kind)) return { codec: kind.codec, expression };
  // citext would compare in the locale of the database. On a text column the cast does nothing.
  const text = (row: SQL) => sql`${expression(row)}::text`;
  return { codec: TYPES.text, expression: keepsCollation ? text : (row) => ordered(text(row)) };
}

function enumValueOf(order: Order): GraphQLEnumValueConfig {
  const { field, notNull, direction, nullIsEarliest } = order;
  const way = direction === 'ASC' ? 'ascending' : 'descending';
  const nulls = nullIsEarliest
    ? '; null counts as the earliest'
    : '; rows without a value are last';
  const description = `By ${field}, ${way}${notNull ? '' : nulls}.`;
  // PostGraphile's own order is right for columns that are never null, unless they are texts.
  if (notNull && !isCollated(order)) return { description };
  return { description, extensions: { grafast: { apply: applyOrder(order) } } };
}

export const applyOrder = (order: Order): ((query: PgSelectQueryBuilder) => void) =>
  order.nullIsEarliest && !order.notNull ? earliestIfNull(order) : lastIfNull(order);

/** In cursors PostgreSQL's own text: the API's format has no infinity, and a number makes 0 of null. */
const asText = <C extends PgCodec>(codec: C): C => ({
  ...codec,
  castFromPg: undefined,
  fromPg: (value: unknown) => value,
});

/**
 * Nothing compares with null, so a cursor on a null would end the pages. With -infinity in its place the
 * order has no nulls, and the condition of a cursor stays one comparison of tuples.
 */
const earliestIfNull =
  ({ expression, codec, direction }: Order) =>
  (query: PgSelectQueryBuilder): void =>
    query.orderBy({
      fragment: sql`coalesce(${expression(query.alias)}, '-infinity')`,
      codec: asText(codec),
      nullable: false,
      direction,
    });

/**
 * Two orders: first whether there is a value, then the value. A cursor then compares values of its own kind only:
 * PostGraphile's condition for nulls (5.1.5) takes the wrong side. Both orders go in one direction, because
 * PostGraphile orders equal rows by the primary key in the direction of the first.
 */
const lastIfNull =
  ({ expression, codec, notNull, direction }: Order) =>
  (query: PgSelectQueryBuilder): void => {
    const value = expression(query.alias);
    if (!notNull)
      query.orderBy({
        fragment: direction === 'ASC' ? sql`(${value} is null)` : sql`(${value} is not null)`,
        codec: TYPES.boolean,
        nullable: false,
        direction,
      });
    query.orderBy({ fragment: value, codec: asText(codec), nullable: !notNull, direction });
  };
