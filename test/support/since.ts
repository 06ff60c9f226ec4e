/** What PostgreSQL learned after 16, the oldest that Rowguard runs on: older ones cannot be asked to do it. */
import { inject } from 'vitest';

const SINCE: readonly [what: RegExp, version: number][] = [
  [/^merge .* (returning|by source) /, 17],
  // Into a view with triggers.
  [/^merge into direct\./, 17],
  [/^grant maintain /, 17],
  [/pg_clear_attribute_stats/, 18],
];

/** Whether the PostgreSQL that is asked knows what this statement says. */
export const isKnown = (sql: string): boolean =>
  SINCE.every(([what, version]) => !what.test(sql) || inject('postgres') >= version);
