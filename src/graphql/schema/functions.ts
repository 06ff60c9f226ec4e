/**
 * The SQL functions that PostGraphile found, and the fields that it makes of them. Takes the build, returns both.
 * Changes nothing.
 */
import type {} from 'graphile-build-pg';
import type {} from 'postgraphile';
import type {
  PgCodec,
  PgCodecWithAttributes,
  PgResource,
  PgResourceParameter,
} from 'postgraphile/@dataplan/pg';
import { type SQL, sql } from 'postgraphile/pg-sql2';

export type FunctionResource = PgResource<string, PgCodec, never[], readonly PgResourceParameter[]>;

export const functionsOf = (build: GraphileBuild.Build): FunctionResource[] =>
  Object.values(build.pgResources).filter(
    (resource): resource is typeof resource & FunctionResource => resource.parameters !== undefined,
  );

/** Names of the type and the field that a function may have: which of them exist is PostGraphile's decision. */
export function fieldsOf(
  { inflection }: GraphileBuild.Build,
  resource: FunctionResource,
): [type: string, field: string][] {
  const row = resource.parameters[0]?.codec;
  const ofRow = row?.attributes && inflection.tableType(row as never);
  return [
    ['Mutation', inflection.customMutationField({ resource })],
    ['Query', inflection.customQueryField({ resource })],
    ['Query', inflection.customQueryConnectionField({ resource })],
    ['Query', inflection.customQueryListField({ resource })],
    ...(ofRow
      ? ([
          [ofRow, inflection.computedAttributeField({ resource })],
          [ofRow, inflection.computedAttributeConnectionField({ resource })],
          [ofRow, inflection.computedAttributeListField({ resource })],
        ] as [string, string][])
      : []),
  ];
}

export interface ComputedColumn {
  readonly resource: FunctionResource;
  /** The call of the function for a row. */
  readonly expression: (row: SQL) => SQL;
  readonly notNull: boolean;
}

/** Functions that take a row of this table and no other required argument, and return one value. */
export const computedColumns = (
  build: GraphileBuild.Build,
  codec: PgCodecWithAttributes,
): ComputedColumn[] =>
  functionsOf(build).flatMap((resource) => {
    const { parameters, from, isUnique } = resource;
    const [row, ...others] = parameters;
    const single = isUnique && !resource.codec.attributes && !resource.codec.arrayOfCodec;
    if ((row?.codec as PgCodec) !== codec || !others.every(({ optional }) => optional)) return [];
    if (!single || typeof from !== 'function') return [];
    const expression = (of: SQL) => sql`${from({ placeholder: of })}`;
    return { resource, expression, notNull: resource.extensions?.tags?.notNull === true };
  });
