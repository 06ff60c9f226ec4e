/**
 * What the API offers for a column: filters, orders. Takes a column's type and nullability. Names no
 * column except the owner column and updated_at. Decides nothing about access: policies and grants do.
 */
import type {} from 'graphile-build-pg';
import type { PgCodec, PgCodecAttribute } from 'postgraphile/@dataplan/pg';
import { TYPES } from 'postgraphile/@dataplan/pg';

/**
 * Whether this is the owner column: user_id, or the one that the table's comment names (`@owner author_id`). The
 * API has the relation (`Task.user`) instead of this column.
 */
export const isOwnerColumn = (codec: PgCodec, column: string): boolean =>
  column === (codec.extensions?.tags?.owner ?? 'user_id');

/** A trigger sets this column at every change of a row. */
export const CHANGED_COLUMN = 'updated_at';

/** Type and nullability of a column, or of the result of a function. */
export type Kind = Pick<PgCodecAttribute, 'codec' | 'notNull'>;

/** The base type; of a domain, the type below it. */
const basis = (codec: PgCodec): PgCodec =>
  codec.domainOfCodec ? basis(codec.domainOfCodec) : codec;

const oneOf =
  (...types: readonly PgCodec[]) =>
  ({ codec }: Kind): boolean =>
    types.includes(basis(codec));

export const isText = oneOf(TYPES.text);
export const isTime = oneOf(TYPES.timestamptz);
const isOtherText = oneOf(TYPES.varchar, TYPES.bpchar, TYPES.citext, TYPES.uuid);
/** Whether values have a collation. */
export const isCollated = oneOf(TYPES.text, TYPES.varchar, TYPES.bpchar, TYPES.citext);
const isDate = oneOf(TYPES.date, TYPES.timestamp, TYPES.time, TYPES.timetz);
export const isNumber = oneOf(
  TYPES.int2,
  TYPES.int,
  TYPES.bigint,
  TYPES.float4,
  TYPES.float,
  TYPES.numeric,
);
const isBoolean = oneOf(TYPES.boolean);
const isEnum = ({ codec }: Kind): boolean => 'values' in basis(codec);

/** PostgreSQL has no `=` for these types, or one that compares areas. */
const withoutEquality = oneOf(
  TYPES.json,
  TYPES.jsonpath,
  TYPES.xml,
  TYPES.point,
  TYPES.line,
  TYPES.lseg,
  TYPES.box,
  TYPES.path,
  TYPES.polygon,
  TYPES.circle,
);

/**
 * Whether a column has orders. Values travel in cursors as text and come back as the type. Text of any length is
 * offered only where a row must have one, as a title or a name.
 */
export const isOrderable = (kind: Kind): boolean =>
  isText(kind)
    ? kind.notNull === true
    : [isTime, isDate, isNumber, isBoolean, isEnum, isOtherText].some((is) => is(kind));

/** Filters for a range: from a value, and below a value. */
export const isRanged = (kind: Kind): boolean => [isTime, isDate, isNumber].some((is) => is(kind));

/** Filter for one value. Texts have `search`, and a moment of microseconds is never met. */
export const isComparable = (kind: Kind): boolean =>
  !isText(kind) && !isTime(kind) && !hasNoEquality(kind.codec);

/** Filters for several values and for all but one. */
export const isListed = (kind: Kind): boolean =>
  [isDate, isNumber, isEnum, isOtherText].some((is) => is(kind));

/** Also of an array or a composite type: it compares its parts. */
function hasNoEquality(codec: PgCodec): boolean {
  const base = basis(codec);
  if (base.arrayOfCodec) return hasNoEquality(base.arrayOfCodec);
  if (base.attributes)
    return Object.values(base.attributes).some((part: PgCodecAttribute) =>
      hasNoEquality(part.codec),
    );
  return withoutEquality({ codec: base });
}
