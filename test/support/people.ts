/**
 * People for database tests: rows made by the superuser, so that a test's own subject is not needed to
 * set it up, and personal logins made as `npm run psql` makes them. Roles belong to the whole cluster:
 * ids are random, and every login is revoked when its file ends.
 */
import { randomBytes, randomInt } from 'node:crypto';
import type { Client } from 'pg';
import { afterAll } from 'vitest';
import { connect, type TestDatabase } from './database.ts';

export const newUserId = (): number => randomInt(100_000, 2_000_000_000);

export const addressOf = (userId: number): string => `person${userId}@example.com`;

export async function addUser(privileged: Client, id = newUserId()): Promise<number> {
  await privileged.query('insert into public."user" (id, email) values ($1, $2)', [
    id,
    addressOf(id),
  ]);
  return id;
}

export async function addTask(privileged: Client, userId: number, title: string): Promise<number> {
  const { rows } = await privileged.query<{ id: number }>(
    'insert into public.task (title, user_id) values ($1, $2) returning id',
    [title, userId],
  );
  const [row] = rows;
  if (!row) throw new Error('insert … returning gave no row');
  return row.id;
}

/** Everything that is stored for these people, as the superuser sees it: the control of a denial. */
export async function stored(privileged: Client, ...userIds: number[]): Promise<unknown[]> {
  const { rows } = await privileged.query(
    `select 'user' as "table", id, to_jsonb(u) as row from public."user" as u where id = any ($1)
     union all
     select 'task', id, to_jsonb(t) from public.task as t where user_id = any ($1)
     order by 1, 2`,
    [userIds],
  );
  return rows;
}

export interface PsqlLogins {
  /** Grants a login with a random password and returns its connection string. */
  grant(userId: number): Promise<string>;
  revoke(userId: number): Promise<boolean>;
  /** Another session of a granted login; ended with the file if the test does not end it. */
  open(url: string): Promise<Client>;
}

export function usePsqlLogins(database: TestDatabase): PsqlLogins {
  const granted = new Set<number>();
  const sessions: Client[] = [];
  const revoke = async (userId: number) => {
    granted.delete(userId);
    const { rows } = await database.owner.query<{ was: boolean }>(
      'select app_private.revoke_psql_login($1) as was',
      [userId],
    );
    return rows[0]?.was === true;
  };
  afterAll(async () => {
    for (const session of sessions) await session.end();
    for (const userId of granted) await revoke(userId);
  });
  return {
    async grant(userId) {
      const password = randomBytes(12).toString('hex');
      const { rows } = await database.owner.query<{ login: string }>(
        'select app_private.grant_psql_login($1, $2) as login',
        [userId, password],
      );
      granted.add(userId);
      const url = new URL(database.urls.owner);
      url.username = rows[0]?.login ?? '';
      url.password = password;
      return url.href;
    },
    revoke,
    async open(url) {
      const client = await connect(url);
      sessions.push(client);
      return client;
    },
  };
}
