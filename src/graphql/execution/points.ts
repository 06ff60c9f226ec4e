/**
 * Points of a request for the rate limit (RATE_LIMIT_PER_MINUTE). Takes the measured size, returns an integer
 * of 1 or more: 1 for an ordinary page. Must never return less for a document that costs the database more.
 */
import type { Size } from './measure.ts';

/** The largest of three numbers: lists, rows by 500, fields by 50. */
const ROWS_PER_POINT = 500;
const FIELDS_PER_POINT = 50;

export const pointsOf = ({ lists, rows, selections }: Size): number =>
  Math.max(1, lists, Math.ceil(rows / ROWS_PER_POINT), Math.ceil(selections / FIELDS_PER_POINT));
