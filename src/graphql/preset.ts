/**
 * The PostGraphile preset. Takes the database service, the limits and a function that returns the identity
 * of a request; returns the preset that makeSchema and grafserv use. Must never read a request or a token.
 */
import { PgSimplifyInflectionPreset } from '@graphile/simplify-inflection';
import type {} from 'postgraphile/adaptors/pg';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';
import type { Database } from '../database/service.ts';
import { sessionSettings, USER_ID_SETTING } from '../database/session.ts';
import type { Identity } from '../identity/identity.ts';
import { type ErrorMaskOptions, errorMask } from './execution/error-mask.ts';
import { type ExecutionHooks, type ExecutorName, executionPlugin } from './execution/execution.ts';
import { fieldNames } from './execution/field-names.ts';
import type { Limits } from './execution/limits.ts';
import { type GraphiqlAccount, graphiqlConfig } from './graphiql.ts';
import { accountDeletedPlugin } from './schema/account-deleted.ts';
import { bulkPlugin } from './schema/bulk.ts';
import { changedRowsPlugin } from './schema/changed-rows.ts';
import { changesPlugin } from './schema/changes.ts';
import { DatetimePlugin } from './schema/datetime.ts';
import { DescribePlugin } from './schema/describe.ts';
import { EnumsPlugin } from './schema/enums.ts';

import { FiltersPlugin } from './schema/filters.ts';
import { InputsPlugin } from './schema/inputs.ts';
import { KeylessPlugin } from './schema/keyless.ts';
import { NonNullPlugin } from './schema/non-null.ts';
import { OrdersPlugin } from './schema/orders.ts';
import { pagesPlugin } from './schema/pages.ts';
import { RawValuesPlugin } from './schema/raw-values.ts';
import { ServedPlugin } from './schema/served.ts';
import { LeanSurfacePlugin, PlainIdsPlugin } from './schema/shape.ts';
import { CollationsPlugin } from './schema/texts.ts';
import { unknownTypesPlugin } from './schema/unknown-types.ts';
import { watchedTables } from './schema/watched.ts';
import { WritesPlugin } from './schema/writes.ts';

export interface PresetOptions {
  readonly database: Database;
  readonly statementTimeoutMs: number;
  readonly maxPageSize: number;
  readonly limits: Limits;
  readonly executor: ExecutorName;
  readonly errors: ErrorMaskOptions;
  /** The person who sent the operation. Throws if the request was not authenticated. */
  readonly identityOf: (context: Partial<Grafast.RequestContext>) => Identity;
  /** Called before each operation runs, with the settings object of its statements. */
  readonly began: (context: Partial<Grafast.RequestContext>, pgSettings: object) => void;
  /** Called after each operation. */
  readonly executed: ExecutionHooks['executed'];
  readonly charge: ExecutionHooks['charge'];
  readonly answered: ExecutionHooks['answered'];
  /** Called when `deleteMe` has deleted an account, before the client gets the answer. */
  readonly accountDeleted: () => void;
  /** The accounts in GraphiQL; undefined = no GraphiQL and no introspection. */
  readonly graphiqlAccounts: readonly GraphiqlAccount[] | undefined;
  /** Receives what the API leaves out, a line each; undefined = not reported. */
  readonly say?: ((line: string) => void) | undefined;
  /** Whether GraphiQL is notified of a new schema. src/graphql/api.ts does the reload. */
  readonly watch: boolean;
}

export function buildPreset(options: PresetOptions): GraphileConfig.Preset {
  const graphiql = options.graphiqlAccounts !== undefined;
  const { limits, maxPageSize } = options;
  const { service, withPgClient } = options.database;
  const names = fieldNames();
  const watched = watchedTables();
  const mask = errorMask(options.errors, names.fieldOf);
  return {
    extends: [PostGraphileAmberPreset, PgSimplifyInflectionPreset],
    plugins: [
      PlainIdsPlugin,
      LeanSurfacePlugin,
      EnumsPlugin,
      unknownTypesPlugin(options.say ?? (() => {})),
      NonNullPlugin,
      accountDeletedPlugin(options.accountDeleted),
      FiltersPlugin,
      CollationsPlugin,
      OrdersPlugin,
      KeylessPlugin,
      WritesPlugin,
      bulkPlugin(limits.maxListItems),
      changedRowsPlugin(maxPageSize),
      InputsPlugin,
      DescribePlugin,
      names.plugin,
      RawValuesPlugin,
      DatetimePlugin,
      ServedPlugin,
      pagesPlugin(maxPageSize),
      watched.plugin,
      changesPlugin({
        maxPageSize,
        personSetting: USER_ID_SETTING,
        tables: watched.tables,
      }),
      executionPlugin(
        { limits, maxPageSize, tellSchema: graphiql, executor: options.executor },
        { ...options, mask },
      ),
    ],
    // Global object identifiers, `query` in Query and new edges: a to-do list needs none of them, and each
    // is another way to reach the same rows.
    disablePlugins: [
      'NodePlugin',
      'QueryQueryPlugin',
      'PgMutationPayloadEdgePlugin',
      // It looks up the adaptor of the service at each request, with a timer of five seconds each.
      'PgContextPlugin',
    ],
    schema: {
      defaultBehavior: 'connection -list',
      // Amber hides naming conflicts. The server must not start with a field missing from its API.
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
