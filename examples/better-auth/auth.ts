/**
 * Settings of a Better Auth server for Rowguard. Takes a connection pool, returns the request handler and
 * the migration. Copy this file; the other two are for the demo.
 */
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { jwt } from 'better-auth/plugins';
import { PostgresDialect } from 'kysely';
import type { Pool } from 'pg';

/** A schema of its own: Better Auth has a table "user" too. */
export const SCHEMA = 'auth';

export interface AuthOptions {
  /** As the owner of Rowguard's database. */
  readonly pool: Pool;
  /** Issuer and audience of the tokens. Without it Better Auth signs tokens that have neither. */
  readonly baseURL: string;
  /** Encrypts the private keys in the database. With another secret they cannot be decrypted. */
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
        // Before the deletion: if this fails, the account stays complete and the person can try again.
        beforeDelete: async (user) => {
          await pool.query('select app_private.end_account($1)', [Number(user.id)]);
        },
      },
    },
    plugins: [
      jwt({
        jwt: {
          // Better Auth returns ids as strings, even for an integer column.
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
  // New ids must be greater than those in Rowguard (on the embedded database, Alice and Bob have 1 and 2).
  await pool.query(
    `select setval(s.name::regclass, u.last_value)
     from public.user_id_seq as u, pg_get_serial_sequence('${SCHEMA}."user"', 'id') as s (name)
     where u.last_value > (select coalesce(max(id), 0) from ${SCHEMA}."user")`,
  );
}
