/**
 * Selects columns without PostGraphile's casts to text: the protocol sends text anyway, and the casts
 * were a tenth of the database's work for a page of 50 (docs/performance.md). So a value arrives in one of
 * three forms: protocol text, an element of a text array (rows within rows), or a JavaScript value (stock
 * adaptor). The result must be the same for all three.
 */
import type {} from 'postgraphile';
import { LIST_TYPES, type PgCodec, TYPES } from 'postgraphile/@dataplan/pg';
import { type SQL, sql } from 'postgraphile/pg-sql2';

const asItIs = (column: SQL): SQL => column;

// At import, before any schema is read: domains, arrays and ranges copy these functions.
const { int, boolean, timestamptz } = TYPES;
int.castFromPg = asItIs;
boolean.castFromPg = asItIs;
// Protocol: t. Array: true. JavaScript: true.
boolean.fromPg = (value: unknown) => value === true || String(value).startsWith('t');
// PostGraphile uses to_char, which parses its format for each value. to_json takes two fifths of that
// time and does not depend on DateStyle.
timestamptz.castFromPg = (moment) => sql`to_json(${moment})`;
timestamptz.fromPg = (moment) => (moment.startsWith('"') ? moment.slice(1, -1) : moment);
const textsOf = (moments: SQL): SQL => {
  const moment = sql.identifier(Symbol('moment'));
  const texts = sql`array(select to_json(${moment}) #>> '{}' from unnest(${moments}) ${moment})::text`;
  return sql`(case when (${moments}) is null then null else ${texts} end)`;
};
timestamptz.listCastFromPg = textsOf;
// TYPES.timestamptz's list codec exists already, so it is changed too.
LIST_TYPES.timestamptz.castFromPg = textsOf;

const fixed = new WeakSet<PgCodec>();

/** PostGraphile casts a range to an array of both ends, even a null range; null must stay null. */
function keepNullRange(codec: PgCodec): void {
  const { castFromPg } = codec;
  if (!codec.rangeOfCodec || !castFromPg || fixed.has(codec)) return;
  fixed.add(codec);
  codec.castFromPg = (range, notNull) =>
    sql`(case when (${range}) is null then null else ${castFromPg(range, notNull)} end)`;
}

export const RawValuesPlugin: GraphileConfig.Plugin = {
  name: 'RawValuesPlugin',
  version: '1.0.0',
  schema: {
    hooks: {
      init(nothing, build) {
        for (const codec of Object.values(build.input.pgRegistry.pgCodecs)) keepNullRange(codec);
        return nothing;
      },
    },
  },
};
