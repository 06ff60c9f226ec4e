/**
 * Where grafast keeps the plans of a schema's operations. Takes a schema that was just made; changes it.
 * Grafast's own cache counts operations, and one operation can hold megabytes. Here plans live exactly as
 * long as the document they belong to, and the documents are bounded by bytes (execution/documents.ts).
 */
import type { GraphQLSchema } from 'postgraphile/graphql';
import { planCacheOf } from './internals.ts';

/** `plans`: how many plans of one operation are kept, where variables decide what is included. */
export function keepPlansWithDocuments(schema: GraphQLSchema, plans: number): void {
  set(schema, {
    operationOperationPlansCacheMaxLength: plans,
    ...planCacheOf(new WeakMap()),
  });
}

/** The same by grafast's public settings only, for a grafast whose inside is not known. */
export function boundPlans(schema: GraphQLSchema, operations: number, plans: number): void {
  set(schema, {
    operationsCacheMaxLength: operations,
    operationOperationPlansCacheMaxLength: plans,
  });
}

function set({ extensions }: GraphQLSchema, settings: object): void {
  Object.assign(extensions, { grafast: { ...extensions.grafast, ...settings } });
}
