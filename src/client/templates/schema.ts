/**
 * What the other files of this folder know about the API. `npm run client` replaces this file by one with the
 * names of the served schema. Must have the exports that src/client/files.ts writes.
 */

export type ErrorCode = 'CONFLICT' | 'UNAVAILABLE' | 'UNAUTHENTICATED';
export type ConflictReason = 'STALE';
export type UnavailableReason = 'BUSY';

/** Types with an id: a cache keeps one copy of each row. */
export const ROWS: readonly string[] = [];

/** Types without an id: pages, edges, payloads. A cache keeps them inside their parent. */
export const KEYLESS: readonly string[] = [];

/** Fields that return pages, by the type that has them. */
export const PAGES: Readonly<Record<string, readonly string[]>> = {};

export const MUTATIONS: readonly string[] = [];
