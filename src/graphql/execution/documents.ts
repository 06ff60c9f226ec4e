/**
 * A request's text → a document that may be executed, or errors with codes. Takes the place of grafserv's
 * own step, which has no limit on tokens and validates before anything is measured. Remembers valid
 * documents within a fixed number of bytes; refused documents are never remembered.
 */
import { LRUCache } from 'lru-cache';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  NoSchemaIntrospectionCustomRule,
  parse,
  Source,
  specifiedRules,
  validate,
} from 'postgraphile/graphql';
import { exceeded, tooComplex } from './complexity.ts';
import type { Limits } from './limits.ts';
import { measure, type Size } from './measure.ts';

export type Parsed = { document: DocumentNode } | { errors: readonly GraphQLError[] };

export interface DocumentOptions {
  readonly limits: Limits;
  readonly maxPageSize: number;
  /** False in production: no introspection, and no "did you mean" in messages. Both reveal the schema. */
  readonly tellSchema: boolean;
}

/**
 * Memory for documents with their plans, in bytes. Grafast's plans of an operation live as long as its
 * document (plan-cache.ts), and they are what is large: measured 9 to 15 kB for each selection and plan.
 */
const MAX_BYTES = 96 * 1024 * 1024;
const BYTES_OF_SELECTION = 16 * 1024;
const BYTES_OF_CHARACTER = 40;

/** Plans of one operation that are kept: variables that decide what is included make several. */
export const MAX_PLANS = 5;

/** The client needs a few errors to correct a query; more are only work for the server. */
const MAX_ERRORS = 20;

const costs = new WeakMap<DocumentNode, number>();

/** Points of the rate limit: an ordinary request costs 1, each further list and each 500 rows 1 more. */
export const costOf = (document: DocumentNode): number => costs.get(document) ?? 1;

const costOfSize = ({ lists, rows }: Size): number => Math.max(1, lists, Math.ceil(rows / 500));

export function documentReader(
  schema: GraphQLSchema,
  { limits, maxPageSize, tellSchema }: DocumentOptions,
): (text: string) => Parsed {
  const known = new LRUCache<string, DocumentNode>({ maxSize: MAX_BYTES });
  const rules = tellSchema ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];

  const read = (text: string): Parsed => {
    const document = parse(new Source(text, 'GraphQL request'), { maxTokens: limits.maxTokens });
    const size = measure(document, schema, maxPageSize);
    const refusal = exceeded(document, size, limits) ?? forbiddenVariable(document);
    if (refusal) return { errors: [refusal] };
    const errors = validate(schema, document, rules, {
      hideSuggestions: !tellSchema,
      maxErrors: MAX_ERRORS,
    });
    if (errors.length > 0) return { errors: errors.map(asInputError) };
    costs.set(document, costOfSize(size));
    known.set(text, document, { size: bytesOf(text, document, size) });
    return { document };
  };

  return (text) => {
    const document = known.get(text);
    if (document) return { document };
    try {
      return read(text);
    } catch (error) {
      // graphql-js parses, measures and validates by recursion: a deep enough literal ends the stack.
      if (error instanceof RangeError) {
        return { errors: [tooComplex(limits.maxDepth, 'levels of fields inside fields')] };
      }
      if (!(error instanceof GraphQLError)) throw error;
      const tokens = /tokens\. Parsing aborted/.test(error.message);
      return { errors: [tokens ? tooComplex(limits.maxTokens, 'tokens') : asInputError(error)] };
    }
  };
}

function bytesOf(text: string, document: DocumentNode, { selections }: Size): number {
  const plans = document.definitions.some(
    (node) => node.kind === Kind.OPERATION_DEFINITION && node.variableDefinitions?.length,
  )
    ? MAX_PLANS
    : 1;
  return text.length * BYTES_OF_CHARACTER + selections * BYTES_OF_SELECTION * plans;
}

/**
 * graphql-js keeps the values of variables in a plain object. A variable such as $toString that was not
 * sent would read as the function of that name.
 */
function forbiddenVariable({ definitions }: DocumentNode): GraphQLError | undefined {
  for (const node of definitions) {
    if (node.kind !== Kind.OPERATION_DEFINITION) continue;
    const found = node.variableDefinitions?.find(({ variable }) => variable.name.value in {});
    if (!found) continue;
    const { value } = found.variable.name;
    return asInputError(
      new GraphQLError(`A variable can not be called $${value}. Rename it.`, { nodes: found }),
    );
  }
  return undefined;
}

const asInputError = (error: GraphQLError): GraphQLError => {
  const { message, nodes, source, positions } = error;
  const extensions = { ...error.extensions, code: 'BAD_USER_INPUT' };
  return new GraphQLError(message, { nodes, source, positions, extensions });
};
