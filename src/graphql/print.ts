/**
 * The API as text: the content of test/app/schema.graphql. Takes the URL of the server's login on a migrated
 * database, returns the schema in SDL, sorted by name. Must never serve a request.
 */
import { makeSchema } from 'postgraphile';
import { createPool } from '../database/pool.ts';
import { openDatabase } from '../database/service.ts';
import { DEFAULT_LIMITS } from './execution/limits.ts';
import { buildPreset } from './preset.ts';
import { sdlOf } from './sdl.ts';

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
          throw new Error('the printed schema serves no requests');
        },
        began: () => {},
        executed: () => {},
        charge: () => undefined,
        answered: () => {},
        accountDeleted: () => {},
        graphiqlAccounts: undefined,
        watch: false,
      }),
    );
    return sdlOf(schema);
  } finally {
    await pool.end();
  }
}
