/**
 * Points of a request for the rate limit (RATE_LIMIT_PER_MINUTE). Takes the measured size or the size of the
 * answer, returns an integer: 1 for an ordinary page. A request costs the larger of the two. Must never return
 * less for a document that costs the database more.
 */
import type { Size } from './measure.ts';

/** The largest of three numbers: lists, rows by 500, fields by 50. */
const ROWS_PER_POINT = 500;
const FIELDS_PER_POINT = 50;
const BYTES_PER_POINT = 100_000;

export const pointsOf = ({ lists, rows, selections }: Size): number =>
  Math.max(1, lists, Math.ceil(rows / ROWS_PER_POINT), Math.ceil(selections / FIELDS_PER_POINT));

/** `bytes` of the JSON. Known only when the database has answered, so it is counted afterwards. */
export const pointsOfAnswer = (bytes: number): number => Math.ceil(bytes / BYTES_PER_POINT);
