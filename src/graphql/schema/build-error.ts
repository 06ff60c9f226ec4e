/**
 * Errors of PostGraphile while it builds the API, as one sentence with the fix. Takes any error, returns an
 * OperatorError for two objects of the database with one name in the API, and every other error unchanged.
 */
import { OperatorError } from '../../errors.ts';

const CONFLICT =
  /tried to define the same (type|key) '(\w+)'[\s\S]*?first entity was:\s*(.*?)\.?\s*\n[\s\S]*?second entity was:\s*(.*?)\.?\s*(?:\n|$)/;

const RESOURCE =
  /second resource named '(\w+)':\s*First represented (.*?)\.?\s*\n\s*Second represents (.*?)\.?\s*(?:\n|$)/;

export function buildError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const [, kind = '', name = '', first = '', second = ''] = CONFLICT.exec(error.message) ?? [];
  if (kind === 'type') {
    return new OperatorError(
      `The API has a type ${name} already, so ${plain(second)} cannot have that name.`,
      `choose another name, or give it one in the API: comment on table … is E'@name …'`,
      { cause: error },
    );
  }
  if (kind === 'key') {
    const type = /GraphQL type '(\w+)'/.exec(second)?.[1] ?? 'one type';
    return new OperatorError(
      `Two fields of ${type} would be called ${name} in the API: ${plain(first)} and ${plain(second)}.`,
      `rename the column, or the relation in the API: comment on constraint … is E'@fieldName …'`,
      { cause: error },
    );
  }
  const [, shared, one = '', other = ''] = RESOURCE.exec(error.message) ?? [];
  if (!shared) return error;
  return new OperatorError(
    `Two objects would be called ${shared} in the API: ${plain(one)} and ${plain(other)}.`,
    `rename one of them, or give it another name in the API: comment on function … is E'@name …'`,
    { cause: error },
  );
}

/** PostGraphile's words for what brings a name, in those of SQL. */
function plain(text: string): string {
  const column = /'([^']+)' attribute field/.exec(text)?.[1];
  if (column) return `the column ${column}`;
  const relation = /for (?:singular|.*) relation '(\w+)'/.exec(text)?.[1];
  if (relation) return `the relation ${relation}`;
  const table =
    /table type for (\S+)/.exec(text)?.[1] ?? /table\/view\/etc called '(.*)'/.exec(text)?.[1];
  if (table) return `the table ${table.replaceAll('"', '')}`;
  return text.replace(/ and returning SQL type '"?(\w+)"?'/, ' that returns $1');
}
