/**
 * The largest page of operations that the server itself has written: REST has larger pages than a client's
 * operation may ask for. Takes an operation, returns its limit. A document of a client must never get one.
 */
import type { OperationDefinitionNode } from 'postgraphile/graphql';

const limits = new WeakMap<OperationDefinitionNode, number>();

export function allowPages(operation: OperationDefinitionNode, rows: number): void {
  limits.set(operation, rows);
}

/** Rows; undefined for an operation of a client. */
export const allowedPages = (operation: OperationDefinitionNode): number | undefined =>
  limits.get(operation);
