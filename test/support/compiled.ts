/** Operations as the server carries them out, without HTTP, and by whom: compiled, or grafast. */
import { makeSchema } from 'postgraphile';
import { type GrafastExecutionArgs, execute as grafast, hookArgs } from 'postgraphile/grafast';
import { type ExecutionResult, type GraphQLSchema, parse } from 'postgraphile/graphql';
import { afterAll, beforeAll } from 'vitest';
import { createPool } from '../../src/database/pool.ts';
import { openDatabase } from '../../src/database/service.ts';
import { type Executor, executeCompiled } from '../../src/graphql/compiled/execute.ts';
import { DEFAULT_LIMITS } from '../../src/graphql/execution/limits.ts';
import { buildPreset } from '../../src/graphql/preset.ts';
import type { TestDatabase } from './database.ts';

export interface Carried {
  readonly result: ExecutionResult;
  readonly by: Executor;
}

export interface Operations {
  /** The settings of each request so far, as long as anything holds them. */
  readonly settings: readonly WeakRef<object>[];
  /** The same text is the same document, as in a server that has parsed it before. */
  run(who: number, text: string, variables?: Record<string, unknown>): Promise<Carried>;
}

/** Call at the top of a test file. `plugins` are those of somebody who extends the API. */
export function useOperations(
  database: TestDatabase,
  plugins: GraphileConfig.Plugin[] = [],
): Operations {
  let schema: GraphQLSchema;
  let resolvedPreset: GraphileConfig.ResolvedPreset;
  let end: () => Promise<void>;
  let who = 0;
  const settings: WeakRef<object>[] = [];
  const documents = new Map<string, ReturnType<typeof parse>>();
  beforeAll(async () => {
    const pool = createPool({
      connectionString: database.urls.authenticator,
      size: 2,
      waitMs: 5000,
      log: () => {},
    });
    end = () => pool.end();
    const preset = buildPreset({
      database: await openDatabase({
        pool,
        adaptor: 'one-round-trip',
        preparedStatements: true,
      }),
      statementTimeoutMs: 5000,
      maxPageSize: 200,
      limits: DEFAULT_LIMITS,
      executor: 'compiled',
      errors: { constraints: () => new Map(), log: () => {} },
      identityOf: () => ({ userId: who, email: null, issuedAt: 0, expiresAt: 0 }),
      began: (_, pgSettings) => settings.push(new WeakRef(pgSettings)),
      charge: () => undefined,
      answered: () => {},
      executed: () => {},
      accountDeleted: () => {},
      graphiqlAccounts: undefined,
      watch: false,
    });
    ({ schema, resolvedPreset } = await makeSchema({ extends: [preset], plugins }));
  });
  afterAll(() => end?.());
  return {
    settings,
    async run(person, text, variables = {}) {
      who = person;
      const document = documents.get(text) ?? parse(text);
      documents.set(text, document);
      const args = {
        schema,
        document,
        resolvedPreset,
        requestContext: {},
        variableValues: variables,
      };
      await hookArgs(args);
      const { result, executor: by } = await executeCompiled(
        args as unknown as GrafastExecutionArgs,
        async (given) => (await grafast(given)) as ExecutionResult,
      );
      return { result, by };
    },
  };
}
