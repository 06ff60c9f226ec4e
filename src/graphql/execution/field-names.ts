/**
 * The API's names of columns and of functions' arguments, for errors that name a column. Takes the schema while
 * it is built, returns a look-up for the newest schema. Must never name a column that the API does not have.
 */
import type {} from 'graphile-build-pg';
import type {} from 'postgraphile';
import { tableKey } from '../../database/constraints.ts';
import { functionsOf } from '../schema/functions.ts';

export interface FieldNames {
  readonly plugin: GraphileConfig.Plugin;
  /** `table` is a tableKey. Without it, or if the API has no such table, any table or function counts. */
  fieldOf(column: string, table?: string): string | undefined;
}

export function fieldNames(): FieldNames {
  let tables = new Map<string, ReadonlyMap<string, string>>();
  let anywhere = new Map<string, string>();
  return {
    fieldOf: (column, table) => {
      const known = table === undefined ? undefined : tables.get(table);
      return (known ?? anywhere).get(column);
    },
    plugin: {
      name: 'FieldNamesPlugin',
      version: '1.0.0',
      schema: {
        hooks: {
          finalize(schema, build) {
            tables = new Map();
            anywhere = new Map();
            for (const [table, fields] of tablesOf(build)) {
              tables.set(table, fields);
              for (const [column, field] of fields) anywhere.set(column, field);
            }
            for (const [parameter, argument] of argumentsOf(build)) {
              if (!anywhere.has(parameter)) anywhere.set(parameter, argument);
            }
            return schema;
          },
        },
      },
    },
  };
}

type Names = ReadonlyMap<string, string>;

function tablesOf(build: GraphileBuild.Build): [table: string, fields: Names][] {
  return Object.values(build.pgResources).flatMap((resource) => {
    const { codec, parameters, extensions } = resource;
    if (!codec.attributes || parameters || !extensions?.pg) return [];
    const fields = new Map<string, string>();
    for (const attributeName of Object.keys(codec.attributes)) {
      if (build.behavior.pgCodecAttributeMatches([codec, attributeName], 'attribute:select'))
        fields.set(attributeName, build.inflection.attribute({ codec, attributeName }));
    }
    return [[tableKey(extensions.pg.schemaName, extensions.pg.name), fields] as const];
  }) as [string, Names][];
}

function argumentsOf(build: GraphileBuild.Build): [parameter: string, argument: string][] {
  return functionsOf(build).flatMap((resource) =>
    resource.parameters.flatMap((param, index): [string, string][] =>
      param.name ? [[param.name, build.inflection.argument({ param, resource, index })]] : [],
    ),
  );
}
