/**
 * The SQL functions that PostGraphile found, and the fields that it makes of them. Takes the build, returns both.
 * Changes nothing.
 */
import type {} from 'graphile-build-pg';
import type {} from 'postgraphile';
import type { PgCodec, PgResource, PgResourceParameter } from 'postgraphile/@dataplan/pg';

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
