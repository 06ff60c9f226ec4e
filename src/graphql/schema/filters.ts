/**
 * Filters of lists: equality, ranges, lists of values, null, text search. Takes the columns' types, so every new
 * table and view has them. A client's text is always a parameter of the statement, never SQL or a pattern.
 */
import type {} from 'graphile-build-pg';
import type {} from 'postgraphile';
import {
  type PgCodecWithAttributes,
  type PgCondition,
  sqlValueWithCodec,
  TYPES,
} from 'postgraphile/@dataplan/pg';
import type { GraphQLInputFieldConfigMap, GraphQLInputType } from 'postgraphile/graphql';
import { type SQL, sql } from 'postgraphile/pg-sql2';
import { OperatorError } from '../../errors.ts';
import {
  isComparable,
  isListed,
  isNumber,
  isOwnerColumn,
  isRanged,
  isText,
  type Kind,
} from './columns.ts';
import { contains } from './texts.ts';

export const FiltersPlugin: GraphileConfig.Plugin = {
  name: 'FiltersPlugin',
  version: '1.0.0',
  after: ['PgAttributesPlugin'],
  schema: {
    entityBehavior: {
      // PostGraphile's equality filters treat null as a value, so they are off.
      pgCodecAttribute: {
        override: {
          provides: ['rowguardFilters'],
          callback: (behavior) => [behavior, '-attribute:filterBy'],
        },
      },
    },
    hooks: {
      GraphQLInputObjectType_fields(fields, build, { scope }) {
        const { pgCodec } = scope;
        if (!scope.isPgCondition || !pgCodec?.attributes) return fields;
        const codec = pgCodec as PgCodecWithAttributes;
        return build.extend(fields, filtersOf(build, codec), 'FiltersPlugin');
      },
    },
  },
};

/** A column with its name in the API. */
interface Column extends Kind {
  readonly column: string;
  readonly field: string;
  readonly type: GraphQLInputType;
  /** Whether the value is only a reference to another row: a range of ids means nothing. */
  readonly isReference: boolean;
}

function filtersOf(
  build: GraphileBuild.Build,
  codec: PgCodecWithAttributes,
): GraphQLInputFieldConfigMap {
  const columns = columnsOf(build, codec);
  const filters: GraphQLInputFieldConfigMap = {};
  const add = (name: string, one: GraphQLInputFieldConfigMap[string]) => {
    if (name in filters) throw sameName(codec.name, name);
    filters[name] = one;
  };
  for (const column of columns) {
    for (const [name, one] of Object.entries(filtersOfColumn(build, column, columns)))
      add(name, one);
  }
  const texts = columns.filter(isText);
  if (texts.length > 0) {
    add(
      'search',
      filter(
        build.graphql.GraphQLString,
        `Only rows with this text in ${texts.map(({ field }) => field).join(' or ')}. Case and the encoding of accents do not matter; no character is a wildcard.`,
        search(texts.map(({ column }) => column)),
      ),
    );
  }
  return filters;
}

function columnsOf(build: GraphileBuild.Build, codec: PgCodecWithAttributes): Column[] {
  const relations = build.input.pgRegistry.pgRelations[codec.name] ?? {};
  const references = new Set(
    Object.values(relations).flatMap(({ isReferencee, localAttributes }) =>
      isReferencee ? [] : localAttributes,
    ),
  );
  return Object.entries(codec.attributes).flatMap(([column, attribute]) => {
    // `task(id)` finds an id, and every row is the owner's.
    if (column === 'id' || isOwnerColumn(codec, column)) return [];
    if (!build.behavior.pgCodecAttributeMatches([codec, column], 'attribute:select')) return [];
    const type = build.getGraphQLTypeByPgCodec(attribute.codec, 'input');
    if (!type || !build.graphql.isInputType(type)) return [];
    const field = build.inflection.attribute({ codec, attributeName: column });
    const { notNull } = attribute;
    const isReference = references.has(column);
    return { column, field, type, isReference, codec: attribute.codec, notNull };
  });
}

function filtersOfColumn(
  { graphql }: GraphileBuild.Build,
  column: Column,
  columns: readonly Column[],
): GraphQLInputFieldConfigMap {
  const { field, type, codec } = column;
  // dueAt has dueSince, unless another column is called due.
  const short = field.replace(/(?<=.)At$/, '');
  const stem = columns.some((other) => other.field === short) ? field : short;
  const value = (given: unknown) => sqlValueWithCodec(given, codec);
  const only = (what: string, takes: GraphQLInputType, compare: Compare) =>
    filter(takes, `Only rows whose ${field} ${what}.`, ofColumn(column.column, compare));
  const filters: GraphQLInputFieldConfigMap = {};
  if (isComparable(column))
    filters[field] = only('is this value', type, (to, is) => sql`${is} = ${value(to)}`);
  if (isRanged(column) && !column.isReference) {
    const number = isNumber(column);
    filters[`${stem}Since`] = only(
      number ? 'is this value or greater' : 'is this time or later',
      type,
      (to, is) => sql`${is} >= ${value(to)}`,
    );
    filters[`${stem}Before`] = only(
      number ? 'is less than this value' : 'is earlier than this time',
      type,
      (to, is) => sql`${is} < ${value(to)}`,
    );
  }
  if (isListed(column)) {
    filters[`${stem}In`] = only(
      'is one of these values',
      new graphql.GraphQLList(new graphql.GraphQLNonNull(type)),
      (to, is) => isOneOf(is, Array.isArray(to) ? to.map(value) : []),
    );
    filters[`${stem}Not`] = only(
      'is another value, or null',
      type,
      (to, is) => sql`${is} is distinct from ${value(to)}`,
    );
  }
  if (!column.notNull)
    filters[`${stem}IsNull`] = only(
      'is null (true) or is not null (false)',
      graphql.GraphQLBoolean,
      (to, is) => (to ? sql`${is} is null` : sql`${is} is not null`),
    );
  return filters;
}

/** No value is in an empty list. SQL has no empty `in ()`. */
const isOneOf = (is: SQL, values: readonly SQL[]): SQL =>
  values.length === 0 ? sql.false : sql`${is} in (${sql.join([...values], ', ')})`;

const sameName = (table: string, filter: string) =>
  new OperatorError(
    `Two columns of ${table} would both have the filter ${filter} in the API.`,
    `rename one of them, or leave one out: comment on column … is E'@behavior -attribute:select'`,
  );

type Compare = (value: unknown, expression: SQL) => SQL;
type Apply = (condition: PgCondition, value: unknown) => void;

/** null = no filter. */
const filter = (type: GraphQLInputType, description: string, apply: Apply) => ({
  type,
  description,
  extensions: {
    grafast: {
      apply: (condition: PgCondition, value: unknown) => {
        if (value != null) apply(condition, value);
      },
    },
  },
});

const ofColumn =
  (attribute: string, compare: Compare): Apply =>
  (condition, value) =>
    condition.where({
      type: 'attribute',
      attribute,
      callback: (expression) => compare(value, expression),
    });

const search =
  (columns: readonly string[]): Apply =>
  (condition, value) => {
    const text = sqlValueWithCodec(value, TYPES.text);
    const found = columns.map((column) =>
      contains(sql`${condition.alias}.${sql.identifier(column)}`, text),
    );
    condition.where(sql.parens(sql.join(found, ' or ')));
  };
