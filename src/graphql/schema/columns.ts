/**
 * What the API offers for a column: filters, orders. Takes a column's type and nullability. Names no
 * column except the owner column and updated_at. Decides nothing about access: policies and grants do.
 */
import type {} from 'graphile-build-pg';
import type { PgCodec, PgCodecAttribute, PgCodecWithAttributes } from 'postgraphile/@dataplan/pg';
import { TYPES } from 'postgraphile/@dataplan/pg';

/** The owner column. The API has the relation (`Task.user`) instead of this column. */
export const OWNER_COLUMN = 'user_id';

/** A trigger sets this column at every change of a row. */
export const CHANGED_COLUMN = 'updated_at';

/** The base type; of a domain, the type below it. */
const basis = (codec: PgCodec): PgCodec =>
  codec.domainOfCodec ? basis(codec.domainOfCodec) : codec;

export const isText = ({ codec }: PgCodecAttribute): boolean => basis(codec) === TYPES.text;
export const isTime = ({ codec }: PgCodecAttribute): boolean => basis(codec) === TYPES.timestamptz;

/** Each row belongs to one person, and an index begins with the owner column. */
export const isOwned = (codec: PgCodec): codec is PgCodecWithAttributes =>
  codec.attributes !== undefined && OWNER_COLUMN in codec.attributes;

/** Not-null columns, and nullable times: null counts as the earliest time. */
export const isOrderable = (attribute: PgCodecAttribute): boolean =>
  attribute.notNull === true || isTime(attribute);

/** Columns with an equality filter: neither the id (`task(id)` finds it) nor the owner column. */
export const isComparable = (column: string): boolean => column !== 'id' && column !== OWNER_COLUMN;
