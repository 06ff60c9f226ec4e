/**
 * Writes of one row, for every table: `expectedUpdatedAt` if the table has updated_at, an error if no row
 * was written, `idempotencyKey` if the primary key is one column. Names no table.
 */
import type {} from 'postgraphile';
import type { PgCodecWithAttributes, PgResource } from 'postgraphile/@dataplan/pg';
import { object } from 'postgraphile/grafast';
import { CHANGED_COLUMN } from './columns.ts';
import { readableColumns } from './current-row.ts';
import { ExistingRowDeleteStep, ExistingRowUpdateStep } from './existing-row.ts';
import { OnceInsertStep, onceId } from './once.ts';

const EXPECTED = 'expectedUpdatedAt';
const KEY = 'idempotencyKey';

const hasChanged = (resource: PgResource): boolean =>
  CHANGED_COLUMN in (resource.codec.attributes ?? {});

export const WritesPlugin: GraphileConfig.Plugin = {
  name: 'WritesPlugin',
  version: '1.0.0',
  schema: {
    hooks: {
      GraphQLInputObjectType_fields(fields, build, { scope }) {
        const resource = scope.pgResource;
        if (!resource) return fields;
        if (scope.isPgUpdateInputType || scope.isPgDeleteInputType) {
          if (!hasChanged(resource)) return fields;
          const type = build.getInputTypeByName(build.inflection.builtin('Datetime'));
          return { ...fields, [EXPECTED]: { type } };
        }
        return scope.isPgCreateInputType && onceId(build, resource)
          ? { ...fields, [KEY]: { type: build.graphql.GraphQLString } }
          : fields;
      },
      GraphQLObjectType_fields_field(field, build, { scope }) {
        const resource: PgResource | undefined = scope.pgFieldResource;
        if (!resource) return field;
        if (scope.isPgUpdateMutation || scope.isPgDeleteMutation) {
          const StepClass = scope.isPgUpdateMutation
            ? ExistingRowUpdateStep
            : ExistingRowDeleteStep;
          const primary = resource.uniques.find((unique) => unique.isPrimary);
          if (!primary) throw new Error(`${resource.name} has no primary key`);
          const codec = resource.codec as PgCodecWithAttributes;
          const names = primary.attributes.map((attributeName): [column: string, field: string] => [
            attributeName,
            build.inflection.attribute({ attributeName, codec }),
          ]);
          const shown = readableColumns(build, resource);
          return {
            ...field,
            plan(_$root, args) {
              const key = Object.fromEntries(
                names.map(([column, name]) => [column, args.getRaw(['input', name])]),
              );
              const expected = hasChanged(resource)
                ? { updatedAt: args.getRaw(['input', EXPECTED]), shown }
                : undefined;
              const $row = new StepClass(resource, key, expected);
              args.apply($row);
              return object({ result: $row });
            },
          };
        }
        const id = scope.isPgCreateMutation && onceId(build, resource);
        if (!id) return field;
        return {
          ...field,
          plan(_$root, args) {
            const $row = new OnceInsertStep(resource, id, args.getRaw(['input', KEY]));
            args.apply($row);
            return object({ result: $row });
          },
        };
      },
    },
  },
};
