/**
 * Whether one request asks for more than it may, told before it is validated or planned: planning is
 * what costs, and a few hundred bytes can keep it busy for minutes.
 */
import { type DocumentNode, GraphQLError, visit } from 'postgraphile/graphql';
import type { Limits } from './limits.ts';
import type { Size } from './measure.ts';

/** Undefined, or the first limit that the document exceeds, as an error for the client. */
export function exceeded(
  document: DocumentNode,
  { depth, selections, rows }: Size,
  limits: Limits,
): GraphQLError | undefined {
  let aliases = 0;
  let directives = 0;
  let items = 0;
  visit(document, {
    Field(node) {
      if (node.alias) aliases++;
    },
    Directive() {
      directives++;
    },
    ListValue({ values }) {
      items = Math.max(items, values.length);
    },
  });
  const rules: readonly [actual: number, allowed: number, what: string][] = [
    [depth, limits.maxDepth, 'levels of fields inside fields'],
    [aliases, limits.maxAliases, 'aliases'],
    [directives, limits.maxDirectives, 'directives'],
    [selections, limits.maxSelections, 'fields and fragments, each counted wherever it is spread'],
    [items, limits.maxListItems, LIST_ITEMS],
    [rows, limits.maxRows, 'rows, page sizes of lists inside lists multiplied'],
  ];
  const broken = rules.find(([actual, allowed]) => actual > allowed);
  return broken && tooComplex(broken[1], broken[2]);
}

const LIST_ITEMS = 'entries of a list';

/** The same for the variables, which no document tells. */
export function exceededByVariables(variables: unknown, limits: Limits): GraphQLError | undefined {
  return longestList(variables) > limits.maxListItems
    ? tooComplex(limits.maxListItems, LIST_ITEMS)
    : undefined;
}

/** Without recursion: JSON nests as deep as a request is long. */
function longestList(variables: unknown): number {
  let longest = 0;
  const left = [variables];
  for (let value = left.pop(); value !== undefined; value = left.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    if (Array.isArray(value)) longest = Math.max(longest, value.length);
    for (const inner of Object.values(value)) if (typeof inner === 'object') left.push(inner);
  }
  return longest;
}

export const tooComplex = (allowed: number, what: string): GraphQLError =>
  new GraphQLError(`This asks for too much: ${allowed} ${what} are allowed.`, {
    extensions: { code: 'TOO_COMPLEX' },
  });
