/**
 * Compares the size of one request with the limits, before validation and planning: a few hundred bytes
 * can keep the planner busy for minutes. Takes a parsed document or variables; returns an error for the
 * client (TOO_COMPLEX), or for an acceptable document its size. Must never throw.
 */
import { type DocumentNode, GraphQLError, type GraphQLSchema, visit } from 'postgraphile/graphql';
import type { Limits } from './limits.ts';
import { measure, type Size } from './measure.ts';

/** Returns the size of the document, or an error for the client that names the first exceeded limit. */
export function exceeded(
  document: DocumentNode,
  schema: GraphQLSchema,
  limits: Limits,
  maxPageSize: number,
): Size | GraphQLError {
  let aliases = 0;
  let directives = 0;
  let items = 0;
  let letters = 0;
  visit(document, {
    Field(node) {
      if (!node.alias) return;
      aliases++;
      letters = Math.max(letters, node.alias.value.length);
    },
    Directive() {
      directives++;
    },
    ListValue({ values }) {
      items = Math.max(items, values.length);
    },
  });
  const size = measure(document, schema, maxPageSize);
  const { depth, selections, rows } = size;
  const rules: readonly [actual: number, allowed: number, what: string][] = [
    [depth, limits.maxDepth, 'levels of fields inside fields'],
    [aliases, limits.maxAliases, 'aliases'],
    [letters, MAX_ALIAS_LENGTH, 'characters of an alias'],
    [directives, limits.maxDirectives, 'directives'],
    [selections, limits.maxSelections, 'fields and fragments, each counted wherever it is spread'],
    [items, limits.maxListItems, LIST_ITEMS],
    [rows, limits.maxRows, 'rows, page sizes of lists inside lists multiplied'],
  ];
  const broken = rules.find(([actual, allowed]) => actual > allowed);
  return broken ? tooComplex(broken[1], broken[2]) : size;
}

/** An alias is repeated in each row of the answer. */
const MAX_ALIAS_LENGTH = 200;

const LIST_ITEMS = 'entries of a list';

/** Checks the variables, which are not part of the document. */
export function exceededByVariables(variables: unknown, limits: Limits): GraphQLError | undefined {
  return longestList(variables) > limits.maxListItems
    ? tooComplex(limits.maxListItems, LIST_ITEMS)
    : undefined;
}

/** Without recursion: JSON can be nested as deeply as the request body is long. */
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
  new GraphQLError(`The request is too complex: at most ${allowed} ${what} are allowed.`, {
    extensions: { code: 'TOO_COMPLEX' },
  });
