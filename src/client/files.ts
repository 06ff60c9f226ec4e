/**
 * The files of `npm run client`. Takes the API in SDL, returns each file's text by its name: the templates of this
 * folder as they are, and what follows from the schema. Pure: the same API gives the same bytes.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema } from 'postgraphile/graphql';
import { CONFLICT_REASONS, ERROR_CODES, UNAVAILABLE_REASONS } from '../graphql/client-error.ts';
import { factsOf } from './facts.ts';

const TEMPLATES = ['apollo.ts', 'errors.ts', 'token.ts', 'urql.ts'];

export function clientFiles(sdl: string): ReadonlyMap<string, string> {
  const copies = TEMPLATES.map((name) => [name, template(name)] as const);
  return new Map([['schema.graphql', sdl], ['schema.ts', schemaModule(sdl)], ...copies]);
}

/** A project of Vite or Next.js resolves imports without an ending; not all of them allow `.ts`. */
const template = (name: string): string =>
  readFileSync(join(import.meta.dirname, 'templates', name), 'utf8').replaceAll(
    "from './schema.ts'",
    "from './schema'",
  );

function schemaModule(sdl: string): string {
  const { rows, keyless, pages, mutations } = factsOf(buildSchema(sdl));
  return `/** What the API has: its error codes, and the names that a client's cache needs. */

/** \`extensions.code\` of every error. */
export type ErrorCode =${union(ERROR_CODES)};

/** \`extensions.reason\` where the code is CONFLICT. */
export type ConflictReason =${union(CONFLICT_REASONS)};

/** \`extensions.reason\` where the code is UNAVAILABLE. */
export type UnavailableReason =${union(UNAVAILABLE_REASONS)};

/** Types with an id: a cache keeps one copy of each row. */
export const ROWS: readonly string[] = ${list(rows)};

/** Types without an id: pages, edges, payloads. A cache keeps them inside their parent. */
export const KEYLESS: readonly string[] = ${list(keyless)};

/** Fields that return pages, by the type that has them. */
export const PAGES: Readonly<Record<string, readonly string[]>> = {
${Object.entries(pages)
  .map(([type, fields]) => `  ${type}: [${fields.map(quoted).join(', ')}],\n`)
  .join('')}};

export const MUTATIONS: readonly string[] = ${list(mutations)};
`;
}

/** Names of GraphQL and our codes need no escapes. */
const quoted = (name: string): string => `'${name}'`;

const union = (names: readonly string[]): string =>
  names.map((name) => `\n  | ${quoted(name)}`).join('');

const list = (names: readonly string[]): string =>
  names.length === 0 ? '[]' : `[\n${names.map((name) => `  ${quoted(name)},\n`).join('')}]`;
