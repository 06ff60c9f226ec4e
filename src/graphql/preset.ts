/**
 * The PostGraphile preset: database in, GraphQL API out. Receives the server's own database service and a
 * way to learn who is asking; hands on what grafserv serves. It must never see a request or a token.
 */
import { PgSimplifyInflectionPreset } from '@graphile/simplify-inflection';
import type {} from 'postgraphile/adaptors/pg';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';
import type { Database } from '../database/service.ts';
import { sessionSettings } from '../database/session.ts';
import type { Identity } from '../identity/identity.ts';
import { type ErrorMaskOptions, errorMask } from './execution/error-mask.ts';
import { type ExecutionHooks, type ExecutorName, executionPlugin } from './execution/execution.ts';
import type { Limits } from './execution/limits.ts';
import { type GraphiqlAccount, graphiqlConfig } from './graphiql.ts';
import { accountDeletedPlugin } from './schema/account-deleted.ts';
import { DatetimePlugin } from './schema/datetime.ts';
import { DescribePlugin } from './schema/describe.ts';
import { EnumsPlugin } from './schema/enums.ts';
import { FiltersPlugin } from './schema/filters.ts';
import { InputsPlugin } from './schema/inputs.ts';
import { NonNullPlugin } from './schema/non-null.ts';
import { OrdersPlugin } from './schema/orders.ts';
import { pagesPlugin } from './schema/pages.ts';
import { RawValuesPlugin } from './schema/raw-values.ts';
import { LeanSurfacePlugin, PlainIdsPlugin } from './schema/shape.ts';
import { WritesPlugin } from './schema/writes.ts';

export interface PresetOptions {
  readonly database: Database;
  readonly statementTimeoutMs: number;
  readonly maxPageSize: number;
  readonly limits: Limits;
  readonly executor: ExecutorName;
  readonly errors: ErrorMaskOptions;
  /** Who sent the request of this GraphQL operation. Throws if nobody was authenticated. */
  readonly identityOf: (context: Partial<Grafast.RequestContext>) => Identity;
  /** Called for each operation before it runs, with the very settings that its statements will carry. */
  readonly began: (context: Partial<Grafast.RequestContext>, pgSettings: object) => void;
  /** Called for each operation that was run. */
  readonly executed: ExecutionHooks['executed'];
  readonly charge: ExecutionHooks['charge'];
  /** Called when `deleteMe` has ended an account, before the client is told. */
  readonly accountDeleted: () => void;
  /** Whom GraphiQL can ask as, or undefined to serve no GraphiQL at all and to keep the schema to ourselves. */
  readonly graphiqlAccounts: readonly GraphiqlAccount[] | undefined;
  /** Whether GraphiQL is told when the schema has changed. What notices it is ours: src/graphql/api.ts. */
  readonly watch: boolean;
}

export function buildPreset(options: PresetOptions): GraphileConfig.Preset {
  const graphiql = options.graphiqlAccounts !== undefined;
  const { limits, maxPageSize } = options;
  const { service, withPgClient } = options.database;
  const mask = errorMask(options.errors);
  return {
    extends: [PostGraphileAmberPreset, PgSimplifyInflectionPreset],
    plugins: [
      PlainIdsPlugin,
      LeanSurfacePlugin,
      EnumsPlugin,
      NonNullPlugin,
      accountDeletedPlugin(options.accountDeleted),
      FiltersPlugin,
      OrdersPlugin,
      WritesPlugin,
      InputsPlugin,
      DescribePlugin,
      RawValuesPlugin,
      DatetimePlugin,
      pagesPlugin(maxPageSize),
      executionPlugin(
        { limits, maxPageSize, tellSchema: graphiql, executor: options.executor },
        { mask, executed: options.executed, charge: options.charge },
      ),
    ],
    // Global object identifiers, `query` inside mutation payloads and new edges: nothing a to-do list
    // needs, and each another way to reach the same rows.
    disablePlugins: [
      'NodePlugin',
      'QueryQueryPlugin',
      'MutationPayloadQueryPlugin',
      'PgMutationPayloadEdgePlugin',
      // It looks the service's adaptor up for each request, by a timer of five seconds each.
      'PgContextPlugin',
    ],
    schema: {
      defaultBehavior: 'connection -list',
      // Amber hides naming conflicts; an API with a field missing must not start.
      dontSwallowErrors: true,
    },
    pgServices: [service],
    grafast: {
      explain: false,
      context: (context) => {
        const identity = options.identityOf(context);
        const pgSettings = sessionSettings(identity.userId, options.statementTimeoutMs);
        options.began(context, pgSettings);
        return { pgSettings, withPgClient };
      },
    },
    grafserv: {
      graphqlPath: '/graphql',
      graphiqlPath: '/',
      graphiql,
      graphiqlOnGraphQLGET: graphiql,
      websockets: false,
      watch: options.watch,
      maskError: mask,
    },
    ...(options.graphiqlAccounts && { ruru: graphiqlConfig(options.graphiqlAccounts) }),
  };
}
