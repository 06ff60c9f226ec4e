/**
 * What columns are offered for, told by their type and by whether they can be null; no column of a
 * table is named here but the owner's. Hands on the answers, decides nothing about whose rows are seen.
 */
import type {} from 'graphile-build-pg';
import type { PgCodec, PgCodecAttribute, PgCodecWithAttributes } from 'postgraphile/@dataplan/pg';
import { TYPES } from 'postgraphile/@dataplan/pg';

/** The column that says whose row it is. The API shows the relation (`Task.user`), never the column. */
export const OWNER_COLUMN = 'user_id';

/** The column that moves at every change of a row, by a trigger. */
export const CHANGED_COLUMN = 'updated_at';

/** The type a column is made of, a domain's included. */
const basis = (codec: PgCodec): PgCodec =>
  codec.domainOfCodec ? basis(codec.domainOfCodec) : codec;

export const isText = ({ codec }: PgCodecAttribute): boolean => basis(codec) === TYPES.text;
export const isTime = ({ codec }: PgCodecAttribute): boolean => basis(codec) === TYPES.timestamptz;

/** Rows of such a table belong to one person each, and an index that leads with the person finds them. */
export const isOwned = (codec: PgCodec): codec is PgCodecWithAttributes =>
  codec.attributes !== undefined && OWNER_COLUMN in codec.attributes;

/** Every column that is never null, and times: a time that is not set counts as the earliest. */
export const isOrderable = (attribute: PgCodecAttribute): boolean =>
  attribute.notNull === true || isTime(attribute);

/** Texts are searched and times have a since and a before; the rest is equal or not. An id is asked for by `task(id)`. */
export const isComparable = (column: string): boolean => column !== 'id' && column !== OWNER_COLUMN;
