/**
 * Values of a request as the GraphQL schema takes them. Takes a value of a query or of a JSON body and its GraphQL
 * type, returns the value; throws a Problem that names the field. Rules of the database are not checked here.
 */
import {
  coerceInputValue,
  type GraphQLInputType,
  GraphQLNonNull,
  getNamedType,
  getNullableType,
  isEnumType,
  isListType,
} from 'postgraphile/graphql';
import { invalid } from './problem.ts';

/** What a value must be, by its GraphQL type. */
const KINDS: Readonly<Record<string, string>> = {
  String: 'a text',
  Int: 'a whole number of at most 32 bits',
  Float: 'a number',
  Boolean: 'true or false',
  Datetime: 'a time with a time zone, such as 2026-01-31T09:30:00Z',
};

/** `null` is allowed where the type allows it. */
export function checkValue(name: string, value: unknown, type: GraphQLInputType): void {
  let problem: string | undefined;
  coerceInputValue(value, type, (_path, _value, error) => {
    problem ??= error.message;
  });
  if (problem !== undefined) throw invalid(name, 'WRONG_TYPE', wrongType(name, type, problem));
}

function wrongType(name: string, type: GraphQLInputType, problem: string): string {
  const bare = getNullableType(type);
  if (isListType(bare)) return `${name}: ${problem}`;
  if (isEnumType(bare)) {
    const names = bare.getValues().map((one) => one.name);
    return `${name} must be one of: ${names.join(', ')}.`;
  }
  const kind = KINDS[bare.name];
  return kind === undefined ? `${name}: ${problem}` : `${name} must be ${kind}.`;
}

/** A space stands for the + of a time zone that was not percent-encoded. */
const LOST_PLUS = / (?=\d{2}:\d{2}$)/;

/** The value of a query parameter. Entries of a list are separated by commas. */
export function valueOfText(name: string, text: string, type: GraphQLInputType): unknown {
  const bare = getNullableType(type);
  const value = isListType(bare)
    ? text.split(',').map((part) => read(part, getNamedType(bare).name))
    : read(text, getNamedType(bare).name);
  checkValue(name, value, new GraphQLNonNull(bare));
  return value;
}

function read(text: string, type: string): unknown {
  switch (type) {
    case 'Boolean':
      return text === 'true' || text === '1' || (text === 'false' || text === '0' ? false : text);
    case 'Int':
    case 'Float':
      return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
    case 'Datetime':
      return text.replace(LOST_PLUS, '+');
    default:
      return text;
  }
}
