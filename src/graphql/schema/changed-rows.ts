/**
 * Mutations by a SQL function that changes many rows and returns them, as `setof <table>` or, so that a later
 * column needs no change, as `table (id integer, <name> <table>)`. Their payload has the rows up to the largest
 * page, and the ids and the number of all. One statement; rows beyond the page are not sent.
 */
import type {} from 'graphile-build-pg';
import type {} from 'postgraphile';
import type { PgCodec, PgResource, PgSelectArgumentSpec } from 'postgraphile/@dataplan/pg';
import { sqlValueWithCodec, TYPES } from 'postgraphile/@dataplan/pg';
import { type ExecutionDetails, type ObjectStep, object } from 'postgraphile/grafast';
import type { GraphQLObjectType } from 'postgraphile/graphql';
import { type SQL, sql } from 'postgraphile/pg-sql2';
import { type FunctionResource, functionsOf } from './functions.ts';
import { type ManyExtensions, ManyRowsStep, type Written } from './many-rows.ts';
import { selected, selectedNames } from './row-statement.ts';

/** A function and the table of its rows. */
interface Changer {
  readonly resource: FunctionResource;
  readonly table: PgResource;
  /** The column that holds the row. Undefined: the function returns the row itself. */
  readonly column: string | undefined;
}

function changerOf(build: GraphileBuild.Build, resource: FunctionResource): Changer | undefined {
  const { codec, isMutation, isUnique, from } = resource;
  if (!isMutation || isUnique || !codec.attributes || typeof from !== 'function') return undefined;
  const [id, row, ...others] = Object.entries(
    codec.attributes as Record<string, { codec: PgCodec }>,
  );
  const column = codec.isAnonymous ? row?.[0] : undefined;
  const isPair = id?.[0] === 'id' && id[1].codec === TYPES.int && others.length === 0;
  if (codec.isAnonymous && !isPair) return undefined;
  const rowCodec = column === undefined ? codec : row?.[1].codec;
  const table = Object.values(build.pgResources).find(
    (one) =>
      one.codec === rowCodec && !one.parameters && one.codec.attributes?.id?.codec === TYPES.int,
  );
  return table && { resource, table, column };
}

const changersOf = (build: GraphileBuild.Build): Changer[] =>
  functionsOf(build).flatMap((resource) => changerOf(build, resource) ?? []);

export function changedRowsPlugin(maxPageSize: number): GraphileConfig.Plugin {
  return {
    name: 'ChangedRowsPlugin',
    version: '1.0.0',
    after: ['PgCustomTypeFieldPlugin'],
    before: ['MutationPayloadQueryPlugin'],
    schema: {
      hooks: {
        GraphQLObjectType_fields(fields, build, { scope }) {
          if (!scope.isMutationPayload) return fields;
          const changer = changersOf(build).find(
            ({ resource }) => resource === scope.pgTypeResource,
          );
          if (!changer) return fields;
          const { clientMutationId, query } = fields;
          return {
            ...(clientMutationId && { clientMutationId }),
            ...payloadFields(build, changer.table, maxPageSize),
            ...(query && { query }),
          };
        },
        GraphQLObjectType_fields_field(field, build, { scope }) {
          if (!scope.isRootMutation) return field;
          const changer = changersOf(build).find(
            ({ resource }) =>
              build.inflection.customMutationField({ resource }) === scope.fieldName,
          );
          if (!changer) return field;
          const { makeArgs } = build.pgGetArgDetailsFromParameters(changer.resource);
          return {
            ...field,
            plan: (_$root, args) =>
              object({
                result: new ChangedRowsStep(changer, makeArgs(args, ['input']), maxPageSize),
              }),
          };
        },
      },
    },
  };
}

function payloadFields(build: GraphileBuild.Build, table: PgResource, maxRows: number) {
  const { GraphQLNonNull, GraphQLList, GraphQLInt } = build.graphql;
  const row = build.getGraphQLTypeByPgCodec(table.codec, 'output') as GraphQLObjectType;
  const result = ($payload: ObjectStep<{ result: ChangedRowsStep }>) =>
    $payload.getStepForKey('result');
  return {
    [build.inflection.allRowsConnection(table)]: {
      type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(row))),
      extensions: { rows: maxRows } satisfies ManyExtensions,
      plan: ($payload: Parameters<typeof result>[0]) => result($payload).items(),
    },
    ids: {
      type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(GraphQLInt))),
      plan: ($payload: Parameters<typeof result>[0]) => result($payload).ids(),
    },
    count: {
      type: new GraphQLNonNull(GraphQLInt),
      plan: ($payload: Parameters<typeof result>[0]) => result($payload).count(),
    },
  };
}

export class ChangedRowsStep extends ManyRowsStep {
  readonly #changer: Changer;
  readonly #maxRows: number;
  readonly #args: readonly { dependency: number; codec: PgCodec; name: string | undefined }[];

  constructor(changer: Changer, args: readonly PgSelectArgumentSpec[], maxRows: number) {
    super(changer.table);
    this.#changer = changer;
    this.#maxRows = maxRows;
    this.#args = args.flatMap(({ step, pgCodec, name }) =>
      step && pgCodec
        ? [{ dependency: this.addUnaryDependency(step), codec: pgCodec, name: name ?? undefined }]
        : [],
    );
  }

  protected override async write(details: ExecutionDetails): Promise<Written> {
    const { alias } = this;
    const made = sql.identifier(Symbol('made'));
    const { column } = this.#changer;
    const row = column === undefined ? made : sql`${made}.${sql.identifier(column)}`;
    const wanted = selectedNames(this).length > 0;
    const list = wanted ? sql`, ${selected(this)}` : sql.blank;
    // Functions in FROM run to their end, whatever is read of their rows.
    const statement = sql`with changed as materialized (
  select row_number() over () as place, ${row} as value from ${this.#call(details)} as ${made}
), every as (select array_agg((changed.value).id order by changed.place)::text as ids from changed)
select case when changed.place > 1 then null else every.ids end${list}
from every left join (changed cross join lateral (select (changed.value).*) as ${alias})
on changed.place <= ${sql.literal(wanted ? this.#maxRows : 1)}
order by changed.place`;
    const found = await this.send(details, statement);
    const text = String(found[0]?.[0] ?? '{}');
    const ids = text === '{}' ? [] : text.slice(1, -1).split(',').map(Number);
    return { rows: ids.length === 0 ? [] : found.map(([, ...columns]) => columns), ids };
  }

  /** Arguments by name, because an optional one may be missing. */
  #call(details: ExecutionDetails): SQL {
    const { from } = this.#changer.resource;
    if (typeof from !== 'function') throw new Error(`${this.#changer.resource.name} has no call`);
    const args = this.#args.flatMap(({ dependency, codec, name }, position) => {
      const value: unknown = details.values[dependency]?.unaryValue();
      if (value === undefined) return [];
      const placeholder = sqlValueWithCodec(value, codec);
      return name ? { placeholder, name } : { placeholder, position };
    });
    return from(...args);
  }
}
