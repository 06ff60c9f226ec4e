/**
 * Columns as PostgreSQL sends them. PostGraphile casts each to text in its SQL, where the protocol sends text
 * anyway; for a page of 50 that was a sixth of the database's work (docs/performance.md). Received are
 * therefore two forms, the protocol's and that of an array of texts (rows within rows), from the stock
 * adaptor a third, of JavaScript; what is handed on is the same.
 */
import type {} from 'postgraphile';
import { type SQL, sql } from 'postgraphile/pg-sql2';

const asItIs = (column: SQL): SQL => column;

export const RawValuesPlugin: GraphileConfig.Plugin = {
  name: 'RawValuesPlugin',
  version: '1.0.0',
  schema: {
    hooks: {
      init(nothing, build) {
        const { int, boolean, timestamptz } = build.dataplanPg.TYPES;
        int.castFromPg = asItIs;
        boolean.castFromPg = asItIs;
        // t, true or true.
        boolean.fromPg = (value: unknown) => value === true || String(value).startsWith('t');
        // to_char, PostGraphile's own choice, reads its format anew for each value. Written as JSON has
        // it, the same moment takes two fifths of the time, whatever the database's DateStyle is.
        timestamptz.castFromPg = (moment) => sql`to_json(${moment})`;
        timestamptz.fromPg = (moment) => (moment.startsWith('"') ? moment.slice(1, -1) : moment);
        return nothing;
      },
    },
  },
};
