/**
 * Mutations of many rows for every owned table with an integer id: create<Table>s, update<Table>s and
 * delete<Table>s, as far as the grants allow. Takes the build, adds inputs, payloads and fields, named like the
 * table's list. Names no table. Decides nothing about access: grants and policies do.
 */
import type {} from 'graphile-build-pg';
import type {} from 'postgraphile';
import type { PgCodecWithAttributes, PgResource } from 'postgraphile/@dataplan/pg';
import { TYPES } from 'postgraphile/@dataplan/pg';
import { applyInput, type FieldArgs, type ObjectStep, object } from 'postgraphile/grafast';
import type { GraphQLInputType, GraphQLObjectType } from 'postgraphile/graphql';
import { BulkInsertStep } from './bulk-create.ts';
import { BulkDeleteStep, BulkUpdateStep } from './bulk-existing.ts';
import { isOwnerColumn } from './columns.ts';
import type { ManyExtensions, ManyRowsStep } from './many-rows.ts';
import { onceId } from './once.ts';

type Verb = 'create' | 'update' | 'delete';

/** One mutation. */
interface Bulk {
  readonly verb: Verb;
  readonly resource: PgResource;
  /** The list of the rows: `tasks`. */
  readonly list: string;
  /** `createTasks` */
  readonly field: string;
  readonly input: string;
  readonly payload: string;
}

const BEHAVIOR = {
  create: 'resource:insert',
  update: 'resource:update',
  delete: 'resource:delete',
} as const;

const KEY = 'idempotencyKey';

function bulksOf(build: GraphileBuild.Build): Bulk[] {
  // The statements end by themselves with an error (000013); an older database has no such mutations.
  if (!build.pgResources.stop_unless) return [];
  return Object.values(build.pgResources)
    .filter(isOwnedWithId)
    .flatMap((resource) => {
      const list = build.inflection.allRowsConnection(resource);
      const verbs: readonly Verb[] = ['create', 'update', 'delete'];
      return verbs.flatMap((verb): Bulk[] => {
        if (!build.behavior.pgResourceMatches(resource, BEHAVIOR[verb])) return [];
        const field = build.inflection.camelCase(`${verb}-${list}`);
        const type = build.inflection.upperCamelCase(field);
        return [{ verb, resource, list, field, input: `${type}Input`, payload: `${type}Payload` }];
      });
    });
}

/** Whether it is a table of persons' rows whose primary key is `id`, alone or with the owner (a partitioned table). */
function isOwnedWithId(resource: PgResource): boolean {
  const { codec, parameters, uniques, extensions } = resource;
  if (!codec.attributes || parameters || codec.attributes.id?.codec !== TYPES.int) return false;
  if (extensions?.isInsertable === false) return false;
  const key = uniques.find(({ isPrimary }) => isPrimary)?.attributes ?? [];
  const others = key.filter((column) => !isOwnerColumn(codec, column));
  return (
    others.join() === 'id' &&
    Object.keys(codec.attributes).some((name) => isOwnerColumn(codec, name))
  );
}

/** `maxItems`: rows of one mutation. The limit on lists of the request enforces it. */
export const bulkPlugin = (maxItems: number): GraphileConfig.Plugin => ({
  name: 'BulkPlugin',
  version: '1.0.0',
  after: ['PgMutationCreatePlugin', 'PgMutationUpdateDeletePlugin', 'PgCodecsPlugin'],
  schema: {
    hooks: {
      init(nothing, build) {
        for (const bulk of bulksOf(build)) {
          build.registerInputObjectType(
            bulk.input,
            { isMutationInput: true },
            () => ({ fields: () => inputFields(build, bulk) }),
            `BulkPlugin input of ${bulk.field}`,
          );
          build.registerObjectType(
            bulk.payload,
            { isMutationPayload: true, pgTypeResource: bulk.resource },
            () => ({ fields: () => payloadFields(build, bulk, maxItems) }),
            `BulkPlugin payload of ${bulk.field}`,
          );
        }
        return nothing;
      },
      GraphQLObjectType_fields(fields, build, { scope, fieldWithHooks }) {
        if (!scope.isRootMutation) return fields;
        const { GraphQLNonNull } = build.graphql;
        return bulksOf(build).reduce((all, bulk) => {
          const { field, input, payload, list, verb } = bulk;
          const made = fieldWithHooks(
            { fieldName: field, pgFieldResource: bulk.resource },
            {
              type: build.getOutputTypeByName(payload) as GraphQLObjectType,
              args: { input: { type: new GraphQLNonNull(build.getInputTypeByName(input)) } },
              extensions: { items: verb === 'create' ? list : 'ids' } satisfies ManyExtensions,
              plan: (_$root, args) => object({ result: stepOf(build, bulk, args) }),
            },
          );
          return build.extend(all, { [field]: made }, `BulkPlugin: ${field}`);
        }, fields);
      },
    },
  },
});

function inputFields(build: GraphileBuild.Build, { verb, resource, list }: Bulk) {
  const { GraphQLNonNull, GraphQLList, GraphQLInt, GraphQLString } = build.graphql;
  const listOf = (type: GraphQLInputType) =>
    new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(type)));
  if (verb === 'create')
    return {
      ...(onceId(build, resource) && { [KEY]: { type: GraphQLString } }),
      [list]: { type: listOf(inputType(build, resource, 'input')) },
    };
  const ids = { ids: { type: listOf(GraphQLInt) } };
  if (verb === 'delete') return ids;
  return { ...ids, patch: { type: new GraphQLNonNull(inputType(build, resource, 'patch')) } };
}

const inputType = (build: GraphileBuild.Build, { codec }: PgResource, kind: 'input' | 'patch') =>
  build.getGraphQLTypeByPgCodec(codec, kind) as GraphQLInputType;

type Payload = ObjectStep<{ result: ManyRowsStep }>;

function payloadFields(
  build: GraphileBuild.Build,
  { verb, resource, list }: Bulk,
  maxItems: number,
) {
  const { GraphQLNonNull, GraphQLList, GraphQLInt } = build.graphql;
  const result = ($payload: Payload) => $payload.getStepForKey('result');
  if (verb === 'delete')
    return {
      ids: {
        type: new GraphQLList(new GraphQLNonNull(GraphQLInt)),
        plan: ($payload: Payload) => result($payload).ids(),
      },
    };
  const row = build.getGraphQLTypeByPgCodec(resource.codec, 'output') as GraphQLObjectType;
  return {
    [list]: {
      type: new GraphQLList(new GraphQLNonNull(row)),
      extensions: { rows: maxItems } satisfies ManyExtensions,
      plan: ($payload: Payload) => result($payload).items(),
    },
  };
}

/** By its type getRaw() could return all arguments together, as it does for an empty path. */
const inputOf = (args: FieldArgs, name: string) =>
  args.getRaw(['input', name]) as Parameters<typeof applyInput>[1];

function stepOf(build: GraphileBuild.Build, { verb, resource, list }: Bulk, args: FieldArgs) {
  const { GraphQLNonNull, GraphQLList } = build.graphql;
  if (verb === 'delete') return new BulkDeleteStep(resource, inputOf(args, 'ids'));
  if (verb === 'update') {
    const patch = applyInput(inputType(build, resource, 'patch'), inputOf(args, 'patch'));
    return new BulkUpdateStep(resource, inputOf(args, 'ids'), patch);
  }
  const codec = resource.codec as PgCodecWithAttributes;
  const anyColumn = Object.keys(codec.attributes).find((column) =>
    build.behavior.pgCodecAttributeMatches([codec, column], 'attribute:insert'),
  );
  const type = new GraphQLList(new GraphQLNonNull(inputType(build, resource, 'input')));
  return new BulkInsertStep(resource, {
    field: list,
    anyColumn: anyColumn ?? 'id',
    items: applyInput(type, inputOf(args, list)),
    key: onceId(build, resource) ? inputOf(args, KEY) : undefined,
  });
}
