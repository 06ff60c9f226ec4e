/**
 * Personal logins for direct SQL, as the owner. The rules are in the database
 * (app_private.grant_psql_login, revoke_psql_login); this adds the password and the connection string.
 */
import { randomBytes } from 'node:crypto';
import type { ClientBase } from 'pg';
import { openClient } from '../database/connect.ts';
import { OperatorError } from '../errors.ts';
import type { Person } from './people.ts';

export interface PsqlLogin {
  readonly user: string;
  readonly password: string;
}

/** Makes the login, or renews its rights and its password. */
export async function grantPsqlLogin(
  owner: ClientBase,
  person: Person,
  password: string = randomBytes(24).toString('base64url'),
): Promise<PsqlLogin> {
  const { rows } = await owner.query<{ login: string }>(
    'select app_private.grant_psql_login($1, $2) as login',
    [person.id, password],
  );
  return { user: rows[0]?.login ?? '', password };
}

/** Removes the login and ends its sessions. Returns whether there was one. */
export async function revokePsqlLogin(owner: ClientBase, person: Person): Promise<boolean> {
  const { rows } = await owner.query<{ revoked: boolean }>(
    'select app_private.revoke_psql_login($1) as revoked',
    [person.id],
  );
  return rows[0]?.revoked ?? false;
}

/** Logs in once, so that psql's error becomes one sentence with its fix. */
export async function tryPsqlLogin(url: string, person: Person): Promise<void> {
  try {
    const client = await openClient(url);
    await client.end();
  } catch (cause) {
    if ((cause as { code?: string }).code !== '53300') throw cause; // too_many_connections
    throw new OperatorError(
      `${person.email} has as many sessions open as a personal login may have.`,
      `close one of them, or end them all: npm run psql -- revoke ${person.email}`,
      { cause },
    );
  }
}
