/**
 * Columns of types that PostGraphile cannot serve (pg_lsn, types of extensions). They have no field in the
 * API. Takes where to report them, returns the plugin. Each is one line, where PostGraphile would print the
 * type's row of the catalogue.
 */
import type {} from 'graphile-build-pg';
import type {} from 'postgraphile';
import type { PgCodec } from 'postgraphile/@dataplan/pg';
import { sql } from 'postgraphile/pg-sql2';

/** Begins the name of each such codec. */
const MARK = 'rowguard_unknown_';
const isUnknown = (codec: PgCodec | undefined): boolean => codec?.name.startsWith(MARK) ?? false;

export function unknownTypesPlugin(say: (line: string) => void): GraphileConfig.Plugin {
  return {
    name: 'UnknownTypesPlugin',
    version: '1.0.0',
    after: ['PgCodecsPlugin'],
    schema: {
      entityBehavior: {
        pgCodecAttribute: {
          override: {
            provides: ['rowguardUnknownTypes'],
            callback: (behavior, [codec, name]) =>
              isUnknown(codec.attributes[name]?.codec) ? [behavior, '-*'] : behavior,
          },
        },
      },
      hooks: {
        init(_, build) {
          for (const codec of Object.values(build.pgCodecs))
            if (isUnknown(codec))
              for (const mode of ['input', 'output'] as const)
                build.setGraphQLTypeForPgCodec(codec, mode, 'String');
          return _;
        },
      },
    },
    gather: {
      hooks: {
        async pgCodecs_findPgCodec(info, event) {
          const { pgType, serviceName } = event;
          if (event.pgCodec) return;
          const { introspection } = await info.helpers.pgIntrospection.getService(serviceName);
          const columns = introspection.attributes.filter(
            ({ atttypid, attnum }) => atttypid === pgType._id && attnum > 0,
          );
          for (const column of columns) {
            const table = column.getClass();
            if (table?.getNamespace()?.nspname === 'public' && table.relkind !== 'i')
              say(
                `The API leaves out ${table.relname}.${column.attname}: it has no form for the type ${pgType.typname}. Fix: use another type, text for example.`,
              );
          }
          event.pgCodec = withoutFields(pgType.typname, pgType.getNamespace()?.nspname ?? 'public');
        },
      },
    },
  };
}

/** A codec whose columns have no fields. PostGraphile asks for a GraphQL type all the same: init gives String. */
const withoutFields = (name: string, schema: string): PgCodec => ({
  name: `${MARK}${schema}_${name}`,
  sqlType: sql.identifier(schema, name),
  fromPg: (value) => value,
  toPg: (value) => String(value),
  attributes: undefined,
  executor: null,
});
