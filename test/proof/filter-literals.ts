/**
 * Values for the filters of a list, from the values of its columns. Takes a filter's name and type, returns a
 * literal that the middle row of each person meets, or undefined for a filter that no column explains.
 */
import { type GraphQLInputType, type GraphQLOutputType, getNamedType, isEnumType } from 'graphql';
import { camel, type Relation } from './relations.ts';
import type { Literal } from './target.ts';

type ValueOf = (relation: Relation, column: string, filter: boolean) => Literal;

/** What every value is later and earlier than, larger and smaller, by the name of the type. */
const ENDS: Readonly<Record<string, readonly [least: string, most: string, other: string]>> = {
  Datetime: ['"1000-01-01T00:00:00Z"', '"2900-01-01T00:00:00Z"', '"1000-01-01T00:00:00Z"'],
  Date: ['"1000-01-01"', '"2900-01-01"', '"1000-01-01"'],
  Int: ['-2000000000', '2000000000', '-7'],
  Float: ['-1e9', '1e9', '-7'],
  BigInt: ['"-9000000000000000000"', '"9000000000000000000"', '"-7"'],
  BigFloat: ['"-1e30"', '"1e30"', '"-7"'],
  Time: ['"00:00:00"', '"23:59:59.999999"', '"00:00:01"'],
  UUID: ['', '', '"00000000-0000-4000-8000-000000000000"'],
  String: ['""', '"\u{10ffff}"', '"other"'],
};

export function filterLiteral(
  relation: Relation,
  filter: string,
  type: GraphQLInputType | GraphQLOutputType,
  literalOf: ValueOf,
): Literal | undefined {
  const own = relation.filters?.[filter];
  if (own !== undefined) return ({ mark }) => own.replace('$M', mark);
  if (filter === 'search') return ({ mark }) => JSON.stringify(searched(relation, mark));
  const named = getNamedType(type);
  const [least, most, other] = ENDS[named.name] ?? [];
  for (const [column, { value }] of Object.entries(relation.columns)) {
    const field = camel(column);
    const stem = [field, field.replace(/(At|On)$/, '')].find((name) => filter.startsWith(name));
    if (stem === undefined) continue;
    const literal: Literal = (target) =>
      isEnumType(named)
        ? enumName(named.getValues(), String(value))
        : literalOf(relation, column, true)(target);
    const kinds: Record<string, Literal | undefined> = {
      '': literal,
      In: (target) => `[${literal(target)}]`,
      IsNull: () => 'false',
      Since: least === undefined ? undefined : () => least,
      Before: most === undefined ? undefined : () => most,
      Not: isEnumType(named)
        ? (target) => named.getValues().find(({ name }) => name !== literal(target))?.name ?? ''
        : named.name === 'Boolean'
          ? () => String(value !== true)
          : other === undefined
            ? undefined
            : () => other,
    };
    const found = kinds[filter.slice(stem.length)];
    if (found) return found;
  }
  return undefined;
}

/** The name of a label: `in progress` is IN_PROGRESS, or in_progress. */
function enumName(values: readonly { readonly name: string }[], label: string): string {
  const plain = (text: string) => text.replace(/[^a-z0-9]+/gi, '_').toLowerCase();
  return values.find(({ name }) => plain(name) === plain(label))?.name ?? values[0]?.name ?? '';
}

/** A text that the rows hold: the mark, unless nobody's mark is in them. */
function searched({ columns }: Relation, mark: string): string {
  const texts = Object.values(columns).flatMap(({ value }) =>
    typeof value === 'string' ? [value] : [],
  );
  return texts.some((text) => text.includes('$M')) ? mark : (texts[0] ?? mark);
}
