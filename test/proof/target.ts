/** What a GraphQL literal of the matrix is made from: the row that an operation is about, and its sender. */
import type { Key, Settled } from './world.ts';

export interface Target {
  readonly key: Key;
  readonly cursor: string;
  readonly updatedAt: string | null;
  readonly mark: string;
  /** New for each operation. */
  readonly idempotencyKey: string;
  /** The rows that references of an input are to. */
  readonly rows: Settled;
  /** The rows that filters and functions are about. */
  readonly victim: Settled;
}

export type Literal = (target: Target) => string;

/** Coordinate of the schema → what it takes; null: nothing. */
export type Values = ReadonlyMap<string, Literal | null>;
