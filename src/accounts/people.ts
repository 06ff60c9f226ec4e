/**
 * Finds a person for an admin command. The owner is bound by FORCE row level security like everybody
 * else: by id it acts for that person; by e-mail it has to look at everybody, so it lifts FORCE inside a
 * transaction that is always rolled back.
 */
import type { ClientBase } from 'pg';
import { USER_ID_SETTING } from '../database/session.ts';
import { OperatorError } from '../errors.ts';

export interface Person {
  readonly id: number;
  readonly email: string;
}

/** `who` is an id or an e-mail address. `client` is the owner's connection, outside a transaction. */
export async function findPerson(client: ClientBase, who: string): Promise<Person> {
  const byId = /^[1-9][0-9]{0,9}$/.test(who) && Number(who) <= 2_147_483_647;
  const found = byId ? await findById(client, Number(who)) : await findByEmail(client, who);
  if (found) return found;
  throw new OperatorError(
    `There is no user with the ${byId ? 'id' : 'e-mail address'} ${who}.`,
    'a user exists from their first request with a token; on the embedded server alice@example.com and bob@example.com do from the start.',
  );
}

function findById(client: ClientBase, id: number): Promise<Person | undefined> {
  return rolledBack(client, async () => {
    await client.query('select set_config($1, $2, true)', [USER_ID_SETTING, String(id)]);
    const { rows } = await client.query('select id, email from public."user" where id = $1', [id]);
    return rows[0];
  });
}

function findByEmail(client: ClientBase, email: string): Promise<Person | undefined> {
  return rolledBack(client, async () => {
    // The lock this takes keeps every request waiting; better to give up than to queue behind one.
    await client.query("set local lock_timeout = '2s'");
    await client.query('alter table public."user" no force row level security');
    const { rows } = await client.query(
      'select id, email from public."user" where email collate app_private.bytewise = $1',
      [email],
    );
    return rows[0];
  });
}

async function rolledBack<T>(client: ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query('begin');
  try {
    return await work();
  } finally {
    await client.query('rollback');
  }
}
