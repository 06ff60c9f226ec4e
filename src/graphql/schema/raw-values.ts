/**
 * Columns as PostgreSQL sends them. PostGraphile casts each to text in its SQL, where the protocol sends text
 * anyway; for a page of 50 that was a tenth of the database's work (docs/performance.md). Received are
 * therefore two forms, the protocol's and that of an array of texts (rows within rows), from the stock
 * adaptor a third, of JavaScript; what is handed on is the same.
 */
import type {} from 'postgraphile';
import { LIST_TYPES, type PgCodec, TYPES } from 'postgraphile/@dataplan/pg';
import { type SQL, sql } from 'postgraphile/pg-sql2';

const asItIs = (column: SQL): SQL => column;

// When this is loaded, and so before any schema is read: domains, arrays and ranges copy what they find.
const { int, boolean, timestamptz } = TYPES;
int.castFromPg = asItIs;
boolean.castFromPg = asItIs;
// t, true or true.
boolean.fromPg = (value: unknown) => value === true || String(value).startsWith('t');
// to_char, PostGraphile's own choice, reads its format anew for each value. Written as JSON has it, the
// same moment takes two fifths of the time, whatever the database's DateStyle is.
timestamptz.castFromPg = (moment) => sql`to_json(${moment})`;
timestamptz.fromPg = (moment) => (moment.startsWith('"') ? moment.slice(1, -1) : moment);
const textsOf = (moments: SQL): SQL => {
  const moment = sql.identifier(Symbol('moment'));
  const texts = sql`array(select to_json(${moment}) #>> '{}' from unnest(${moments}) ${moment})::text`;
  return sql`(case when (${moments}) is null then null else ${texts} end)`;
};
timestamptz.listCastFromPg = textsOf;
// This list has been made already.
LIST_TYPES.timestamptz.castFromPg = textsOf;

const mended = new WeakSet<PgCodec>();

/** A range whose ends are cast is written as an array of both, also where there is none. */
function mendRange(codec: PgCodec): void {
  const { castFromPg } = codec;
  if (!codec.rangeOfCodec || !castFromPg || mended.has(codec)) return;
  mended.add(codec);
  codec.castFromPg = (range, notNull) =>
    sql`(case when (${range}) is null then null else ${castFromPg(range, notNull)} end)`;
}

export const RawValuesPlugin: GraphileConfig.Plugin = {
  name: 'RawValuesPlugin',
  version: '1.0.0',
  schema: {
    hooks: {
      init(nothing, build) {
        for (const codec of Object.values(build.input.pgRegistry.pgCodecs)) mendRange(codec);
        return nothing;
      },
    },
  },
};
