/**
 * How many bytes a document and its plans take in the cache of documents.ts, and how many all of them may
 * take. Returns estimates: grafast's plans are graphs of objects that nothing can weigh exactly. Also bounds what
 * grafast itself keeps.
 */
import { getHeapStatistics } from 'node:v8';
import { type DocumentNode, type GraphQLSchema, Kind } from 'postgraphile/graphql';
import { keepPlansWithDocuments } from '../compiled/internals.ts';
import type { Size } from './measure.ts';

/** A quarter of the heap (`--max-old-space-size`), so that a flood of plans leaves room for requests. */
export const MAX_PLAN_BYTES = Math.min(
  256 * 2 ** 20,
  Math.floor(getHeapStatistics().heap_size_limit / 4),
);

/** Plans that grafast may keep of one operation: one for each combination of variables that it tells apart. */
export const MAX_PLANS_PER_OPERATION = 8;

/**
 * Bytes of a document with its plan and compiled form, fitted to test/soak/weigh.ts (Node 24): one object 176,000,
 * a page 171,000, with conditions 235,000, five pages 400,000, fifteen with conditions (4.7 kB) 2,144,000, a page
 * three levels deep 311,000, a write 128,000. Estimates are 1.0 to 1.7 times these, and 3 to 4 times where fields
 * repeat (grafast merges them) or values fill the text.
 */
const PER_DOCUMENT = 180_000;
const PER_LIST = 50_000;
const PER_FIELD = 1000;
const PER_CHARACTER = 300;

export function planBytes(
  text: string,
  document: DocumentNode,
  { lists, selections }: Size,
): number {
  const plan =
    PER_DOCUMENT + PER_LIST * lists + PER_FIELD * selections + PER_CHARACTER * text.length;
  return plan * plansOf(document);
}

/** Without variables there is one plan. A variable that is absent, null or set can mean another plan. */
function plansOf({ definitions }: DocumentNode): number {
  const variables = definitions.flatMap((node) =>
    node.kind === Kind.OPERATION_DEFINITION ? (node.variableDefinitions ?? []) : [],
  );
  return Math.min(MAX_PLANS_PER_OPERATION, 2 ** variables.length);
}

/**
 * By default grafast keeps 500 operations with 50 plans each, and a large plan takes megabytes. With the
 * tested version plans live as long as their documents, and the cache of documents has a budget of bytes.
 */
export function boundPlans(schema: GraphQLSchema, tested: boolean): void {
  const grafast = Object.assign(schema.extensions.grafast ?? {}, {
    operationsCacheMaxLength: 50,
    operationOperationPlansCacheMaxLength: MAX_PLANS_PER_OPERATION,
  });
  Object.assign(schema.extensions, { grafast });
  if (tested) keepPlansWithDocuments(schema);
}
