/**
 * The API as text: the content of test/app/schema.graphql. Receives the server's login on a migrated
 * database; serves nothing and answers nobody.
 */
import { makeSchema } from 'postgraphile';
import {
  buildClientSchema,
  introspectionFromSchema,
  lexicographicSortSchema,
  printSchema,
} from 'postgraphile/graphql';
import { createPool } from '../database/pool.ts';
import { openDatabase } from '../database/service.ts';
import { DEFAULT_LIMITS } from './execution/limits.ts';
import { buildPreset } from './preset.ts';

export async function printApi(authenticatorUrl: string): Promise<string> {
  const pool = createPool({
    connectionString: authenticatorUrl,
    size: 1,
    waitMs: 10_000,
    log: () => {},
  });
  try {
    const { schema } = await makeSchema(
      buildPreset({
        database: await openDatabase({
          pool,
          adaptor: 'one-round-trip',
          preparedStatements: false,
        }),
        statementTimeoutMs: 10_000,
        maxPageSize: 200,
        executor: 'grafast',
        limits: DEFAULT_LIMITS,
        errors: { constraints: () => new Map(), log: () => {} },
        identityOf: () => {
          throw new Error('nobody asks here');
        },
        began: () => {},
        executed: () => {},
        charge: () => undefined,
        accountDeleted: () => {},
        graphiqlAccounts: undefined,
        watch: false,
      }),
    );
    // As a client sees it, in an order that says nothing about how it was made.
    const seen = buildClientSchema(introspectionFromSchema(schema));
    return `${printSchema(lexicographicSortSchema(seen))}\n`;
  } finally {
    await pool.end();
  }
}
