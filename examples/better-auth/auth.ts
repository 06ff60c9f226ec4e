/**
 * The Better Auth server's settings: all that Rowguard needs of one. Receives a connection pool, hands on
 * the server's request handler and its migrations. Copy this file; the other two are for the demo.
 */
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { jwt } from 'better-auth/plugins';
import { PostgresDialect } from 'kysely';
import type { Pool } from 'pg';

/** Its tables live apart: it has one called "user" as well. */
export const SCHEMA = 'auth';

export interface AuthOptions {
  /** As the owner of Rowguard's database. */
  readonly pool: Pool;
  /** What the tokens name as issuer and audience. Unset, Better Auth would sign tokens without either. */
  readonly baseURL: string;
  /** Encrypts the private keys: with another one they can not be read. */
  readonly secret: string;
}

export function createAuth({ pool, baseURL, secret }: AuthOptions) {
  const auth = betterAuth({
    baseURL,
    secret,
    database: { dialect: new PostgresDialect({ pool }), type: 'postgres', schemaName: SCHEMA },
    // Rowguard's ids are integers.
    advanced: { database: { generateId: 'serial' } },
    emailAndPassword: { enabled: true },
    user: {
      deleteUser: {
        enabled: true,
        // Before, so that a failure keeps the account whole and the person can try again.
        beforeDelete: async (user) => {
          await pool.query('select app_private.end_account($1)', [Number(user.id)]);
        },
      },
    },
    plugins: [
      jwt({
        jwt: {
          // Better Auth's ids are strings, whatever the column is.
          definePayload: ({ user }) => ({ user_id: Number(user.id), email: user.email }),
        },
      }),
    ],
    telemetry: { enabled: false },
  });
  return { handler: auth, migrate: () => migrate(auth.options, pool) };
}

async function migrate(options: Parameters<typeof getMigrations>[0], pool: Pool): Promise<void> {
  const { runMigrations } = await getMigrations(options);
  await runMigrations();
  // An id that Rowguard knows already belongs to somebody (on the embedded database, to Alice and Bob).
  await pool.query(
    `select setval(s.name::regclass, u.last_value)
     from public.user_id_seq as u, pg_get_serial_sequence('${SCHEMA}."user"', 'id') as s (name)
     where u.last_value > (select coalesce(max(id), 0) from ${SCHEMA}."user")`,
  );
}
