/**
 * Takes the text of a request, returns a document that may be executed, or errors with codes. Replaces
 * grafserv's own step, which has no limit on tokens, validates without measuring, and bypasses the error
 * mask. Valid documents are cached within a budget of bytes. A refused document must never be cached.
 *
 * The server's own documents, which REST sends, are kept apart: clients cannot push them out of the cache, and a
 * client that sends the same text gets the limits of clients.
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
import { NOT_SUPPORTED } from '../client-error.ts';
import { allowPages } from '../schema/page-limit.ts';
import { exceeded, tooComplex } from './complexity.ts';
import type { Limits } from './limits.ts';
import { measure } from './measure.ts';
import { MAX_PLAN_BYTES, planBytes } from './plan-budget.ts';
import { pointsOf } from './points.ts';
import { requiredVariables } from './required-variables.ts';
import { replaceInheritedNames } from './variable-names.ts';

export interface Accepted {
  readonly document: DocumentNode;
  /** Points of the request for the rate limit, 1 or more: points.ts. */
  readonly points: number;
  /** Variables that must not be null although their type allows it: required-variables.ts. */
  readonly required: ReadonlySet<string>;
}

export type Parsed = Accepted | { readonly errors: readonly GraphQLError[] };

export interface DocumentOptions {
  readonly limits: Limits;
  readonly maxPageSize: number;
  /** Whether introspection and "did you mean" are allowed: both describe the schema. */
  readonly tellSchema: boolean;
}

const acceptedDocuments = new WeakMap<DocumentNode, Accepted>();

/** What is known of a document that a reader has accepted. */
export const acceptedOf = (document: DocumentNode): Accepted | undefined =>
  acceptedDocuments.get(document);

/** Errors of one answer. More would only cost the server time. */
const MAX_ERRORS = 20;

/** A document that would take more than this part of the budget is not cached. */
const LARGEST_PART = 1 / 8;

export function documentReader(
  schema: GraphQLSchema,
  { limits, maxPageSize, tellSchema }: DocumentOptions,
): (text: string) => Parsed {
  const known = new LRUCache<string, Accepted>({
    maxSize: MAX_PLAN_BYTES,
    maxEntrySize: MAX_PLAN_BYTES * LARGEST_PART,
  });
  const rules = tellSchema ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];

  const examine = (text: string): Parsed => {
    const parsed = read(text, limits.maxTokens);
    if (parsed instanceof GraphQLError) return { errors: [parsed] };
    const document = replaceInheritedNames(parsed);
    const measured = exceeded(document, schema, limits, maxPageSize);
    if (measured instanceof GraphQLError) return { errors: [measured] };
    const unknown = unknownOperation(document, schema);
    if (unknown) return { errors: [unknown] };
    const errors = validate(schema, document, rules, {
      hideSuggestions: !tellSchema,
      maxErrors: MAX_ERRORS,
    });
    if (errors.length > 0) return { errors: errors.map(asInputError) };
    const points = pointsOf(measured);
    const accepted = { document, points, required: requiredVariables(document, schema) };
    acceptedDocuments.set(document, accepted);
    known.set(text, accepted, { size: planBytes(text, document, measured) });
    return accepted;
  };

  return (text) => {
    try {
      return known.get(text) ?? examine(text);
    } catch (error) {
      // Parser and rules are recursive: a literal nested a few thousand levels deep exhausts the stack.
      if (!(error instanceof RangeError)) throw error;
      return { errors: [tooComplex(limits.maxTokens, 'tokens')] };
    }
  };
}

/** The part of the budget for the server's own documents: about a hundred of REST's. */
const OWN_PART = 1 / 8;

/**
 * Reads documents that the server itself has written. `rows`: the largest page that it asks for. Only their points
 * are counted: aliases, fields and depth follow from the tables. Throws if a document is not valid.
 */
export function ownDocumentReader(
  schema: GraphQLSchema,
): (text: string, rows: number) => DocumentNode {
  const known = new LRUCache<string, DocumentNode>({ maxSize: MAX_PLAN_BYTES * OWN_PART });
  return (text, rows) => {
    const key = `${rows} ${text}`;
    const before = known.get(key);
    if (before) return before;
    const document = parse(text, { noLocation: true });
    const [problem] = validate(schema, document);
    if (problem) throw problem;
    const size = measure(document, schema, rows);
    for (const node of document.definitions) {
      if (node.kind === Kind.OPERATION_DEFINITION) allowPages(node, rows);
    }
    acceptedDocuments.set(document, { document, points: pointsOf(size), required: new Set() });
    known.set(key, document, { size: planBytes(text, document, size) });
    return document;
  };
}

function read(text: string, maxTokens: number): DocumentNode | GraphQLError {
  try {
    return parse(new Source(text, 'GraphQL request'), { maxTokens });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return /tokens\. Parsing aborted/.test(error.message)
      ? tooComplex(maxTokens, 'tokens')
      : asInputError(error);
  }
}

/** Validation accepts `subscription { x }` in a schema without subscriptions. */
function unknownOperation(
  { definitions }: DocumentNode,
  schema: GraphQLSchema,
): GraphQLError | undefined {
  for (const node of definitions) {
    if (node.kind !== Kind.OPERATION_DEFINITION || schema.getRootType(node.operation)) continue;
    const message = `This API has no ${node.operation}s.`;
    const extensions = { code: 'BAD_USER_INPUT', reason: NOT_SUPPORTED };
    return new GraphQLError(message, { nodes: node, extensions });
  }
  return undefined;
}

const asInputError = (error: GraphQLError): GraphQLError => {
  const { message, nodes, source, positions } = error;
  const extensions = { ...error.extensions, code: 'BAD_USER_INPUT' };
  return new GraphQLError(message, { nodes, source, positions, extensions });
};
