/**
 * A row in the form of the API, for `extensions.current` of a conflict. Takes the build and a table, returns
 * the columns that a client may read and their values by field name. Scalars only: no lists, no relations.
 * Must never contain a column that the object type does not have.
 */
import type {} from 'graphile-build-pg';
import type {} from 'postgraphile';
import type { PgCodec, PgCodecWithAttributes, PgResource } from 'postgraphile/@dataplan/pg';
import type { GraphQLLeafType } from 'postgraphile/graphql';
import { type SQL, sql } from 'postgraphile/pg-sql2';

export interface ReadableColumn {
  readonly column: string;
  readonly field: string;
  readonly codec: PgCodec;
  readonly type: GraphQLLeafType;
}

export function readableColumns(
  build: GraphileBuild.Build,
  resource: PgResource,
): readonly ReadableColumn[] {
  const codec = resource.codec as PgCodecWithAttributes;
  return Object.entries(codec.attributes).flatMap(([column, attribute]) => {
    if (!build.behavior.pgCodecAttributeMatches([codec, column], 'attribute:select')) return [];
    const type = build.getGraphQLTypeByPgCodec(attribute.codec, 'output');
    if (!type || !build.graphql.isLeafType(type)) return [];
    const field = build.inflection.attribute({ codec, attributeName: column });
    return [{ column, field, codec: attribute.codec, type }];
  });
}

/** The list of a SELECT that `rowOf` reads. */
export const selectOf = (columns: readonly ReadableColumn[], alias: SQL): SQL =>
  sql.join(
    columns.map(({ column, codec }) => {
      const value = sql`${alias}.${sql.identifier(column)}`;
      return codec.castFromPg?.(value) ?? sql`${value}::text`;
    }),
    ', ',
  );

export const rowOf = (
  columns: readonly ReadableColumn[],
  values: readonly unknown[],
): Record<string, unknown> =>
  Object.fromEntries(
    columns.map(({ field, codec, type }, i) => {
      const value = values[i];
      return [field, value == null ? null : type.serialize(codec.fromPg(value as never))];
    }),
  );
