/**
 * Settings of a Better Auth server for Rowguard. Takes a connection pool, returns the server and its
 * migration. Copy this file; the others are for the demo.
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
  /** Origins of the pages that may sign people in; `*` stands for any port. */
  readonly trustedOrigins?: readonly string[];
  /** How long a token is valid: `15m`, `30s`. */
  readonly tokenLifetime?: string;
}

export type Auth = ReturnType<typeof createAuth>;

export function createAuth(options: AuthOptions) {
  const { pool, baseURL, secret, trustedOrigins = [], tokenLifetime = '15m' } = options;
  const endAccount = async ({ id }: { id: string }) => {
    await pool.query('select app_private.end_account($1)', [Number(id)]);
  };
  return betterAuth({
    baseURL,
    secret,
    trustedOrigins: [...trustedOrigins],
    database: { dialect: new PostgresDialect({ pool }), type: 'postgres', schemaName: SCHEMA },
    // Rowguard's ids are integers.
    advanced: { database: { generateId: 'serial' } },
    emailAndPassword: { enabled: true },
    user: {
      deleteUser: {
        enabled: true,
        // If this fails, the account stays complete in both places and the person can try again.
        beforeDelete: endAccount,
        // Again, because a token issued between the two deletions would start an empty account here.
        afterDelete: (user) =>
          endAccount(user).catch((error: unknown) => console.error('end_account:', error)),
      },
    },
    plugins: [
      jwt({
        jwt: {
          expirationTime: tokenLifetime,
          // Better Auth returns ids as strings, even for an integer column.
          definePayload: ({ user }) => ({ user_id: Number(user.id), email: user.email }),
        },
      }),
    ],
    telemetry: { enabled: false },
  });
}

/** Creates or updates Better Auth's tables. */
export async function migrate(auth: Auth, pool: Pool): Promise<void> {
  // Errors only: it warns of every reference to a user, because it expects text and serial ids are integers.
  const { runMigrations } = await getMigrations({ ...auth.options, logger: { level: 'error' } });
  await runMigrations();
  // New ids must be greater than those in Rowguard (on the embedded database, Alice and Bob have 1 and 2).
  await pool.query(
    `select setval(s.name::regclass, u.last_value)
     from public.user_id_seq as u, pg_get_serial_sequence('${SCHEMA}."user"', 'id') as s (name)
     where u.last_value > (select coalesce(max(id), 0) from ${SCHEMA}."user")`,
  );
}
