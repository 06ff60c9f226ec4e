/**
 * Filters of lists: equality, time ranges, text search. Takes the columns' types, so every new table has
 * them. A client's text is always a parameter of the statement, never SQL or a pattern.
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
import { isComparable, isOwned, isText, isTime } from './columns.ts';

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
        if (!scope.isPgCondition || !pgCodec || !isOwned(pgCodec)) return fields;
        return build.extend(fields, filtersOf(build, pgCodec), 'FiltersPlugin');
      },
    },
  },
};

function filtersOf(
  build: GraphileBuild.Build,
  codec: PgCodecWithAttributes,
): GraphQLInputFieldConfigMap {
  const filters: GraphQLInputFieldConfigMap = {};
  const texts: { column: string; field: string }[] = [];
  for (const [column, attribute] of Object.entries(codec.attributes)) {
    if (!build.behavior.pgCodecAttributeMatches([codec, column], 'attribute:select')) continue;
    const type = build.getGraphQLTypeByPgCodec(attribute.codec, 'input');
    if (!type || !build.graphql.isInputType(type)) continue;
    const field = build.inflection.attribute({ codec, attributeName: column });
    const compare = (operator: SQL) => (value: unknown, expression: SQL) =>
      sql`${expression} ${operator} ${sqlValueWithCodec(value, attribute.codec)}`;
    if (isText(attribute)) texts.push({ column, field });
    else if (isTime(attribute)) {
      const stem = field.replace(/At$/, '');
      filters[`${stem}Since`] = filter(
        type,
        `Only rows whose ${field} is this time or later.`,
        ofColumn(column, compare(sql`>=`)),
      );
      filters[`${stem}Before`] = filter(
        type,
        `Only rows whose ${field} is earlier than this time.`,
        ofColumn(column, compare(sql`<`)),
      );
    } else if (isComparable(column)) {
      filters[field] = filter(
        type,
        `Only rows whose ${field} is this value.`,
        ofColumn(column, compare(sql`=`)),
      );
    }
  }
  if (texts.length > 0) {
    filters.search = filter(
      build.graphql.GraphQLString,
      `Only rows with this text in ${texts.map(({ field }) => field).join(' or ')}. Case does not matter; no character is a wildcard.`,
      search(texts.map(({ column }) => column)),
    );
  }
  return filters;
}

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
  (attribute: string, compare: (value: unknown, expression: SQL) => SQL): Apply =>
  (condition, value) =>
    condition.where({
      type: 'attribute',
      attribute,
      callback: (expression) => compare(value, expression),
    });

/** strpos has no wildcards, so nothing needs escaping. */
const search =
  (columns: readonly string[]): Apply =>
  (condition, value) => {
    const text = sqlValueWithCodec(value, TYPES.text);
    const found = columns.map(
      (column) =>
        sql`strpos(lower(${condition.alias}.${sql.identifier(column)}), lower(${text})) > 0`,
    );
    condition.where(sql.parens(sql.join(found, ' or ')));
  };
