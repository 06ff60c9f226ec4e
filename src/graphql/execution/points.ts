/**
 * Points of a request for the rate limit (RATE_LIMIT_PER_MINUTE). Takes the measured size, the rows to write or the size of the
 * answer, returns an integer: 1 for an ordinary page. A request costs the largest of them. Must never return
 * less for a document that costs the database more.
 */
import type { Size } from './measure.ts';

/** The largest of three numbers: lists, rows by 500, fields by 50. */
const ROWS_PER_POINT = 500;
const FIELDS_PER_POINT = 50;
const BYTES_PER_POINT = 100_000;

export const pointsOf = ({ lists, rows, selections }: Size): number =>
  Math.max(1, lists, Math.ceil(rows / ROWS_PER_POINT), Math.ceil(selections / FIELDS_PER_POINT));

/** A mutation of many rows costs the database less than as many requests, and not as little as one. */
const ITEMS_PER_POINT = 10;

/** `items` are the rows that a mutation is to write. */
export const pointsOfItems = (items: number): number => Math.ceil(items / ITEMS_PER_POINT);

/** `bytes` of the JSON. Known only when the database has answered, so it is counted afterwards. */
export const pointsOfAnswer = (bytes: number): number => Math.ceil(bytes / BYTES_PER_POINT);
