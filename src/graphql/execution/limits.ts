/**
 * How much one request may ask for. Only numbers: the settings are read before PostGraphile is loaded,
 * so this file imports nothing.
 */

export interface Limits {
  /** Fields inside fields. */
  readonly maxDepth: number;
  /** Fields under another name, in the whole document. */
  readonly maxAliases: number;
  /** Directives, in the whole document. */
  readonly maxDirectives: number;
  /** Words, names, braces and the like; the parser stops there. */
  readonly maxTokens: number;
  /** Fields, with every fragment counted wherever it is spread. */
  readonly maxSelections: number;
  /** Rows of the whole answer, with page sizes multiplied where lists are inside lists. */
  readonly maxRows: number;
  /** Entries of one list, in the document or in the variables. */
  readonly maxListItems: number;
}

export const DEFAULT_LIMITS: Limits = {
  maxDepth: 10,
  maxAliases: 15,
  maxDirectives: 30,
  maxTokens: 2000,
  maxSelections: 250,
  maxRows: 5000,
  maxListItems: 100,
};
