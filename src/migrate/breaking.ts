/**
 * What a migration breaks for clients: changes of the API that existing queries notice, and database objects that
 * a cascade takes along. Takes the schema of the last commit and the new one as SDL, returns sentences. Must never
 * refuse or print by itself.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, findBreakingChanges, findDangerousChanges } from 'graphql';
import { ROOT } from './root.ts';

/** The API of the last commit. Undefined in a deployment, which has no test/app. */
export function promisedApi(root: string = ROOT): string | undefined {
  const file = join(root, 'test/app/schema.graphql');
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

export interface ApiChanges {
  /** A query that was valid fails, or gets another type of answer. */
  readonly breaking: readonly string[];
  /** A query stays valid and may get an answer that its client does not expect, as a new enum value. */
  readonly dangerous: readonly string[];
}

export function apiChanges(before: string, after: string): ApiChanges {
  const [old, now] = [buildSchema(before), buildSchema(after)];
  const sentences = (changes: readonly { description: string }[]) =>
    changes.map(({ description }) => description).sort();
  return {
    breaking: sentences(findBreakingChanges(old, now)),
    dangerous: sentences(findDangerousChanges(old, now)),
  };
}

/** Lines of one list: a dropped table breaks a hundred things. */
const LONGEST_LIST = 40;

/** Paragraphs with lists. Empty if there is nothing that the developer has to mean. */
export function describeLosses(
  { breaking, dangerous }: ApiChanges,
  cascade: readonly string[],
): string {
  if (breaking.length + cascade.length === 0) return '';
  return [
    list(
      'The migration breaks the API that clients use (compared with test/app/schema.graphql):',
      breaking,
    ),
    list('It removes, without naming them, by cascade:', cascade),
    list('Clients may also be surprised by:', dangerous),
  ].join('');
}

function list(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  const shown = lines.slice(0, LONGEST_LIST).map((line) => `\n  - ${line}`);
  const rest = lines.length - shown.length;
  return `\n${title}${shown.join('')}${rest > 0 ? `\n  and ${rest} more` : ''}`;
}
