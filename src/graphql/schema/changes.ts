/**
 * `taskChanges(since, first)` for every watched table: what changed after a cursor, each row once, with its newest
 * state. One statement: changes_since() (migration 000016) gives ids and versions, and the rows are joined under the
 * person's own policies. A row that the person cannot read is DELETED. Names no table.
 */
import type {} from 'postgraphile';
import {
  type PgCodecWithAttributes,
  type PgResource,
  PgSelectSingleStep,
  type PgSelectStep,
  TYPES,
} from 'postgraphile/@dataplan/pg';
import {
  access,
  applyTransforms,
  constant,
  context,
  each,
  filter,
  lambda,
  list,
  object,
  SafeError,
  type Step,
} from 'postgraphile/grafast';
import { type GraphQLSchema, isEnumType, isObjectType } from 'postgraphile/graphql';
import { sql } from 'postgraphile/pg-sql2';
import { decodePlace, encodePlace, type Place } from './change-cursor.ts';
import { DEFAULT_PAGE_SIZE } from './pages.ts';

const KIND = 'ChangeKind';
const FUNCTION = 'changes_since';

/** The last row of the answer of changes_since(). */
interface End {
  readonly id: number | null;
  readonly version: string;
  readonly epoch: string | null;
  readonly more: boolean | null;
  readonly resync: boolean;
}

export interface ChangesOptions {
  readonly maxPageSize: number;
  /** The setting that holds the person's id. */
  readonly personSetting: string;
  /** Names of the watched tables; read when the schema is built. */
  readonly tables: ReadonlySet<string>;
}

export function changesPlugin(options: ChangesOptions): GraphileConfig.Plugin {
  const { maxPageSize } = options;
  const size = (first: number | null | undefined): number => {
    if (first == null) return Math.min(DEFAULT_PAGE_SIZE, maxPageSize);
    if (first >= 0 && first <= maxPageSize) return first;
    throw new SafeError(`first must be from 0 to ${maxPageSize}.`, {
      code: 'BAD_USER_INPUT',
      field: 'first',
    });
  };
  const personOf = (): Step<string> => access(context(), ['pgSettings', options.personSetting]);
  /** Their events are answers of `taskChanges` (src/live/). grafast runs none of them. */
  const subscriptions = (build: GraphileBuild.Build) => {
    const since = { type: build.getInputTypeByName('Cursor') };
    return Object.fromEntries(
      watchedOf(build, options.tables).map((resource) => {
        const { changed, change } = names(build, resource);
        const type = new build.graphql.GraphQLNonNull(build.getOutputTypeByName(change));
        return [changed, { type, args: { since }, subscribePlan: () => constant(null) }];
      }),
    );
  };
  return {
    name: 'ChangesPlugin',
    version: '1.0.0',
    after: ['DescribePlugin'],
    schema: {
      hooks: {
        init(_, build) {
          const watched = watchedOf(build, options.tables);
          if (watched.length > 0) registerKind(build);
          for (const resource of watched) registerTypes(build, resource, personOf);
          return _;
        },
        GraphQLObjectType_fields(fields, build, { scope }) {
          if (scope.isRootSubscription)
            return build.extend(fields, subscriptions(build), 'changes');
          if (!scope.isRootQuery) return fields;
          const { GraphQLInt, GraphQLNonNull } = build.graphql;
          const changes = build.pgResources[FUNCTION];
          const added = watchedOf(build, options.tables).map((resource) => [
            names(build, resource).field,
            {
              type: new GraphQLNonNull(build.getOutputTypeByName(names(build, resource).page)),
              args: {
                since: { type: build.getInputTypeByName('Cursor') },
                first: { type: GraphQLInt },
              },
              plan(_$root: Step, args: { getRaw(path: string): Step }) {
                const $place = lambda(list([personOf(), args.getRaw('since')]), ([person, since]) =>
                  decodePlace(String(person), since as string | null),
                ) as Step<Place | null>;
                const $first = lambda(args.getRaw('first'), (first) => size(first as number));
                const $rows = changes?.execute([
                  { step: constant(tableOf(resource)), pgCodec: TYPES.text },
                  { step: access($place, 'epoch'), pgCodec: TYPES.uuid },
                  { step: access($place, 'version'), pgCodec: TYPES.bigint },
                  { step: $first, pgCodec: TYPES.int },
                ]) as PgSelectStep;
                // The order of the function's answer, which a join may lose.
                const { alias } = $rows;
                $rows.orderBy({
                  fragment: sql`(${alias}.row_id is null)`,
                  codec: TYPES.boolean,
                  direction: 'ASC',
                });
                $rows.orderBy({ attribute: 'version', direction: 'ASC' });
                return $rows;
              },
            },
          ]);
          return build.extend(fields, Object.fromEntries(added), 'changes of watched tables');
        },
        finalize(schema, build) {
          for (const resource of watchedOf(build, options.tables))
            describe(schema, names(build, resource), nounOf(build, resource), maxPageSize);
          return schema;
        },
      },
    },
  };
}

interface Names {
  /** Task: the row's type and, in lower case, its field. */
  readonly row: string;
  readonly rowField: string;
  readonly change: string;
  readonly page: string;
  readonly field: string;
  /** The subscription. */
  readonly changed: string;
}

function names({ inflection }: GraphileBuild.Build, resource: PgResource): Names {
  const row = inflection.tableType(resource.codec as PgCodecWithAttributes);
  const rowField = inflection.camelCase(row);
  return {
    row,
    rowField,
    change: `${row}Change`,
    page: `${row}Changes`,
    field: `${rowField}Changes`,
    changed: `${rowField}Changed`,
  };
}

const tableOf = (resource: PgResource): string => resource.extensions?.pg?.name ?? resource.name;

/** Tables that are watched and that the API serves. */
const watchedOf = (build: GraphileBuild.Build, tables: ReadonlySet<string>): PgResource[] =>
  Object.values(build.pgResources).filter(
    (resource) =>
      !resource.parameters &&
      resource.codec.attributes !== undefined &&
      tables.has(tableOf(resource)) &&
      build.hasGraphQLTypeForPgCodec(resource.codec, 'output'),
  );

function registerKind(build: GraphileBuild.Build): void {
  const values = { CREATED: {}, UPDATED: {}, DELETED: {}, RESYNC: {} };
  build.registerEnumType(KIND, {}, () => ({ values }), 'ChangesPlugin');
}

/** A row of changes_since(), or an event with the same members. */
const member = ($change: Step, name: string): Step =>
  $change instanceof PgSelectSingleStep ? $change.get(name) : access($change, name);

const END = ($row: Step) =>
  object({
    id: member($row, 'row_id'),
    version: member($row, 'version'),
    epoch: member($row, 'epoch'),
    more: member($row, 'has_more'),
    resync: member($row, 'resync'),
  });
const isChange = ($row: Step) => lambda(member($row, 'row_id'), (id) => id !== null);

const endOf = ($rows: PgSelectStep): Step<End> =>
  lambda(applyTransforms(each($rows, END)), (rows) => (rows as readonly End[]).at(-1)) as Step<End>;

function registerTypes(
  build: GraphileBuild.Build,
  resource: PgResource,
  personOf: () => Step<string>,
): void {
  const { row, rowField, change, page } = names(build, resource);
  const { GraphQLBoolean, GraphQLInt, GraphQLList, GraphQLNonNull } = build.graphql;
  const cursorType = () => new GraphQLNonNull(build.getOutputTypeByName('Cursor'));
  const cursor = ($epoch: Step, $version: Step) =>
    lambda(list([personOf(), $epoch, $version]), ([person, epoch, version]) =>
      encodePlace(String(person), { epoch: epoch as string | null, version: String(version) }),
    );
  const rowOf = ($change: Step) => resource.get({ id: member($change, 'row_id') });
  build.registerObjectType(
    change,
    {},
    () => ({
      fields: () => ({
        kind: {
          type: new GraphQLNonNull(build.getOutputTypeByName(KIND)),
          plan: ($change: Step) =>
            lambda(
              list([
                member($change, 'row_id'),
                member($change, 'is_gone'),
                member($change, 'is_new'),
                (rowOf($change) as PgSelectSingleStep).get('id'),
              ]),
              kindOf,
            ),
        },
        id: { type: GraphQLInt, plan: ($change: Step) => member($change, 'row_id') },
        [rowField]: { type: build.getOutputTypeByName(row), plan: rowOf },
        cursor: {
          type: cursorType(),
          plan: ($change: Step) => cursor(member($change, 'epoch'), member($change, 'version')),
        },
      }),
    }),
    'ChangesPlugin',
  );
  build.registerObjectType(
    page,
    {},
    () => ({
      fields: () => ({
        nodes: {
          type: new GraphQLNonNull(
            new GraphQLList(new GraphQLNonNull(build.getOutputTypeByName(change))),
          ),
          plan: ($rows: PgSelectStep) => filter($rows, isChange),
        },
        cursor: {
          type: cursorType(),
          plan($rows: PgSelectStep) {
            const $end = endOf($rows);
            return cursor(access($end, 'epoch'), access($end, 'version'));
          },
        },
        hasMore: {
          type: new GraphQLNonNull(GraphQLBoolean),
          plan: ($rows: PgSelectStep) => access(endOf($rows), 'more'),
        },
        resync: {
          type: new GraphQLNonNull(GraphQLBoolean),
          plan: ($rows: PgSelectStep) => access(endOf($rows), 'resync'),
        },
      }),
    }),
    'ChangesPlugin',
  );
}

/** A row that the person cannot read is gone for them, whatever its change says. */
function kindOf([id, isGone, isNew, row]: readonly unknown[]): string {
  if (id === null) return 'RESYNC';
  if (isGone || row === null) return 'DELETED';
  return isNew ? 'CREATED' : 'UPDATED';
}

const nounOf = (build: GraphileBuild.Build, resource: PgResource): string =>
  names(build, resource)
    .row.replace(/(?<=.)([A-Z])/g, ' $1')
    .toLowerCase();

const KINDS: Readonly<Record<string, string>> = {
  CREATED: 'The row is new since the cursor.',
  UPDATED: 'The row has changed. A client that does not have it adds it.',
  DELETED: 'The row is gone; only its id is known.',
  RESYNC: 'The cursor is too old: read the list again, then go on from this cursor.',
};

function describe(schema: GraphQLSchema, of: Names, noun: string, maxPageSize: number): void {
  const texts: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    [of.change]: {
      '': `A change of a ${noun}.`,
      kind: 'What happened to the row.',
      id: 'The id of the row; null for RESYNC.',
      [of.rowField]: `The ${noun} as it is now; null if it is gone.`,
      cursor: 'Where to go on after this change.',
    },
    [of.page]: {
      '': `Changes of your rows, oldest first.`,
      nodes: 'The changes, each row once.',
      cursor: 'Where to go on: since of the next request.',
      hasMore: 'Whether there are more changes after this cursor.',
      resync:
        'Whether since is too old to go on from. Then forget the rows and start again without since.',
    },
  };
  for (const [name, fields] of Object.entries(texts)) {
    const type = schema.getType(name);
    if (!isObjectType(type)) continue;
    type.description = fields[''];
    for (const field of Object.values(type.getFields())) field.description = fields[field.name];
  }
  const kind = schema.getType(KIND);
  if (isEnumType(kind)) {
    kind.description = 'What happened to a row.';
    for (const value of kind.getValues()) value.description = KINDS[value.name];
  }
  const stream = schema.getSubscriptionType()?.getFields()[of.changed];
  if (stream) {
    stream.description = `Each change of your ${noun}s, as it happens. Answered as text/event-stream.`;
    for (const arg of stream.args)
      arg.description = 'A cursor to go on from. Without it: changes from now on.';
  }
  const field = schema.getQueryType()?.getFields()[of.field];
  if (!field) return;
  field.description = `What changed in your ${noun}s since a cursor, each row once. Without since: every ${noun}.`;
  for (const arg of field.args)
    arg.description =
      arg.name === 'since'
        ? 'A cursor of an earlier answer.'
        : `At most n changes. Default ${DEFAULT_PAGE_SIZE}, maximum ${maxPageSize}.`;
}
