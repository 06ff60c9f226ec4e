/**
 * Options for `cacheExchange` of @urql/exchange-graphcache. After a mutation the cache forgets what it has, and urql
 * asks again for each query on the screen: lists show the server's rows in the server's order. Optimistic results
 * of the application stay on the screen until then.
 */
import { KEYLESS, MUTATIONS, ROWS } from './schema.ts';

/** The part of Graphcache's Cache that is used here. */
interface GraphcacheLike {
  inspectFields(
    entity: string,
  ): readonly { fieldName: string; arguments: Record<string, unknown> | null }[];
  invalidate(entity: string, fieldName?: string, args?: Record<string, unknown> | null): void;
}

function refresh(
  _result: unknown,
  _args: unknown,
  cache: GraphcacheLike,
  info: { readonly optimistic?: boolean | undefined },
): void {
  if (info.optimistic) return;
  for (const field of cache.inspectFields('Query')) {
    cache.invalidate('Query', field.fieldName, field.arguments);
  }
  for (const type of ROWS) cache.invalidate(type);
}

export const cacheOptions = {
  keys: Object.fromEntries(KEYLESS.map((type) => [type, () => null])),
  updates: { Mutation: Object.fromEntries(MUTATIONS.map((name) => [name, refresh])) },
};
