/**
 * A request's text → a document that may be executed, or errors with codes. Takes the place of grafserv's
 * own step, which knows no limit on tokens, validates before anything is measured, and whose errors pass
 * by the mask. Valid documents are remembered, refused ones are not: they cost little and never repeat.
 */
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  parse,
  Source,
  specifiedRules,
  validate,
} from 'postgraphile/graphql';
import { exceeded, tooComplex } from './complexity.ts';
import type { Limits } from './limits.ts';

export type Parsed = { document: DocumentNode } | { errors: readonly GraphQLError[] };

export interface DocumentOptions {
  readonly limits: Limits;
  readonly maxPageSize: number;
  /** Introspection, and "did you mean" in messages: both tell the schema. */
  readonly tellSchema: boolean;
}

/** Documents remembered; clients send few different ones. */
const MAX_KNOWN = 500;
const MAX_KNOWN_LENGTH = 20_000;

/** Enough to mend a query by; more is only work for the server. */
const MAX_ERRORS = 20;

export function documentReader(
  schema: GraphQLSchema,
  { limits, maxPageSize, tellSchema }: DocumentOptions,
): (text: string) => Parsed {
  const known = new Map<string, DocumentNode>();
  const rules = tellSchema ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];

  return (text) => {
    const before = known.get(text);
    if (before) {
      // Moved to the end: the first one is the longest unused.
      known.delete(text);
      known.set(text, before);
      return { document: before };
    }
    const document = read(text, limits.maxTokens);
    if (document instanceof GraphQLError) return { errors: [document] };
    const limit = exceeded(document, schema, limits, maxPageSize);
    if (limit) return { errors: [limit] };
    const errors = validate(schema, document, rules, {
      hideSuggestions: !tellSchema,
      maxErrors: MAX_ERRORS,
    });
    if (errors.length > 0) return { errors: errors.map(asInputError) };
    if (text.length <= MAX_KNOWN_LENGTH) known.set(text, document);
    if (known.size > MAX_KNOWN) known.delete(known.keys().next().value ?? '');
    return { document };
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

const asInputError = (error: GraphQLError): GraphQLError => {
  const { message, nodes, source, positions } = error;
  const extensions = { ...error.extensions, code: 'BAD_USER_INPUT' };
  return new GraphQLError(message, { nodes, source, positions, extensions });
};
