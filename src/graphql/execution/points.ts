/**
 * What a request counts for the rate limit (RATE_LIMIT_PER_MINUTE): one point for an ordinary page, more
 * for a document that asks the database for more. Takes the measured size, returns an integer of 1 or more.
 */
import type { Size } from './measure.ts';

/** A document counts by whichever is most: its lists, its rows or its fields. */
const ROWS_PER_POINT = 500;
const FIELDS_PER_POINT = 50;

export const pointsOf = ({ lists, rows, selections }: Size): number =>
  Math.max(1, lists, Math.ceil(rows / ROWS_PER_POINT), Math.ceil(selections / FIELDS_PER_POINT));
