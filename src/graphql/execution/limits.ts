/**
 * The limits of one request and their defaults. Contains numbers only. Must never import anything: the
 * settings are read before PostGraphile is loaded.
 */

export interface Limits {
  /** Levels of nested fields. */
  readonly maxDepth: number;
  /** Aliases in the whole document. */
  readonly maxAliases: number;
  /** Directives in the whole document. */
  readonly maxDirectives: number;
  /** Lexical tokens; the parser stops there. */
  readonly maxTokens: number;
  /** Fields; a fragment counts each time it is spread. */
  readonly maxSelections: number;
  /** Rows of the whole answer; page sizes of nested lists are multiplied. */
  readonly maxRows: number;
  /** Entries of one list, in the document or in the variables. */
  readonly maxListItems: number;
  /** Bytes of an answer: those that the database sends, and those of the JSON. */
  readonly maxAnswerBytes: number;
}

export const DEFAULT_LIMITS: Limits = {
  maxDepth: 10,
  maxAliases: 15,
  maxDirectives: 15,
  maxTokens: 2000,
  maxSelections: 250,
  maxRows: 5000,
  maxListItems: 100,
  maxAnswerBytes: 16 * 2 ** 20,
};
