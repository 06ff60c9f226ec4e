/**
 * Which tables and functions of the database a schema serves, and under which names. Takes the schema while it is
 * built; returns the list for a finished schema. REST makes its routes of it. Must never list a table, column or
 * function that the schema does not have.
 */
import type {} from 'graphile-build-pg';
import type {} from 'postgraphile';
import type { PgCodecWithAttributes, PgResource } from 'postgraphile/@dataplan/pg';
import type { GraphQLSchema } from 'postgraphile/graphql';
import { CHANGED_COLUMN, isOwnerColumn } from './columns.ts';
import { fieldsOf, functionsOf } from './functions.ts';

export interface ServedColumn {
  /** In the database. */
  readonly name: string;
  /** In the schema; undefined for the owner column, which the schema does not have. */
  readonly field: string | undefined;
  readonly notNull: boolean;
  readonly hasDefault: boolean;
  readonly description: string | undefined;
}

export interface ServedTable {
  readonly schema: string;
  readonly name: string;
  readonly description: string | undefined;
  /** Name of the row's type in the schema. */
  readonly type: string;
  /** Name of the type of a page of rows. */
  readonly page: string;
  /** In the order of the table. */
  readonly columns: readonly ServedColumn[];
  /** The column that the database sets at every change; undefined if the table has none. */
  readonly changed: string | undefined;
  /** Fields of the schema; undefined = the person has no right to do this. */
  readonly list: string | undefined;
  readonly one: string | undefined;
  readonly create: string | undefined;
  readonly update: string | undefined;
  readonly delete: string | undefined;
}

export interface ServedFunction {
  readonly name: string;
  readonly kind: 'query' | 'mutation';
  readonly field: string;
  /** Name of the parameter in SQL → name of the argument. */
  readonly parameters: ReadonlyMap<string, string>;
}

export interface Served {
  readonly tables: readonly ServedTable[];
  readonly functions: readonly ServedFunction[];
}

const known = new WeakMap<GraphQLSchema, Served>();

/** Of a schema that was built with ServedPlugin. */
export function servedBy(schema: GraphQLSchema): Served {
  const served = known.get(schema);
  if (!served) throw new Error('the schema was built without ServedPlugin');
  return served;
}

export const ServedPlugin: GraphileConfig.Plugin = {
  name: 'ServedPlugin',
  version: '1.0.0',
  schema: {
    hooks: {
      finalize(schema, build) {
        known.set(schema, {
          tables: tablesOf(build, schema),
          functions: servedFunctions(build, schema),
        });
        return schema;
      },
    },
  },
};

type Table = PgResource<string, PgCodecWithAttributes>;

const isTable = (resource: PgResource): resource is PgResource & Table =>
  resource.codec.attributes !== undefined && !resource.parameters && !resource.isVirtual;

function tablesOf(build: GraphileBuild.Build, schema: GraphQLSchema): ServedTable[] {
  const { inflection } = build;
  const has = (type: 'Query' | 'Mutation', field: string | undefined): string | undefined => {
    const fields = (
      type === 'Query' ? schema.getQueryType() : schema.getMutationType()
    )?.getFields();
    return field !== undefined && fields && field in fields ? field : undefined;
  };
  return Object.values(build.pgResources as Record<string, PgResource>).flatMap((resource) => {
    const pg = resource.extensions?.pg;
    if (!pg || !isTable(resource)) return [];
    const { codec } = resource;
    const type = inflection.tableType(codec);
    if (!schema.getType(type)) return [];
    const unique = resource.uniques.find(({ isPrimary }) => isPrimary);
    const byKey = unique && { resource, unique };
    return {
      schema: pg.schemaName,
      name: pg.name,
      description: schema.getType(type)?.description ?? undefined,
      type,
      page: inflection.tableConnectionType(codec),
      columns: columnsOf(build, codec),
      changed: CHANGED_COLUMN in codec.attributes ? CHANGED_COLUMN : undefined,
      list: has('Query', inflection.allRowsConnection(resource)),
      one: has('Query', byKey && inflection.rowByUnique(byKey)),
      create: has('Mutation', inflection.createField(resource)),
      update: has('Mutation', byKey && inflection.updateByKeysField(byKey)),
      delete: has('Mutation', byKey && inflection.deleteByKeysField(byKey)),
    };
  });
}

/** Rows of these kinds of tables may belong to other people, so the owner is not known without a look-up. */
const SHARED_KINDS = ['member', 'reference'];

function columnsOf(build: GraphileBuild.Build, codec: PgCodecWithAttributes): ServedColumn[] {
  const shared = SHARED_KINDS.some((kind) => codec.extensions?.tags?.[kind] !== undefined);
  return Object.entries(codec.attributes).flatMap(([name, attribute]) => {
    const owner = isOwnerColumn(codec, name);
    const selected = build.behavior.pgCodecAttributeMatches([codec, name], 'attribute:select');
    if (owner ? shared : !selected) return [];
    return {
      name,
      field: owner ? undefined : build.inflection.attribute({ codec, attributeName: name }),
      notNull: attribute.notNull === true,
      hasDefault: attribute.hasDefault === true,
      description: attribute.description,
    };
  });
}

function servedFunctions(build: GraphileBuild.Build, schema: GraphQLSchema): ServedFunction[] {
  return functionsOf(build).flatMap((resource) => {
    const { name } = resource.extensions?.pg ?? resource;
    const place = fieldsOf(build, resource).find(
      ([type, field]) =>
        (type === 'Mutation') === resource.isMutation &&
        (type === 'Query' || type === 'Mutation') &&
        field in
          ((type === 'Query' ? schema.getQueryType() : schema.getMutationType())?.getFields() ??
            {}),
    );
    if (!place) return [];
    const parameters = new Map(
      resource.parameters.flatMap((param, index): [string, string][] =>
        param.name ? [[param.name, build.inflection.argument({ param, resource, index })]] : [],
      ),
    );
    const kind = resource.isMutation ? 'mutation' : 'query';
    return { name, kind, field: place[1], parameters };
  });
}
