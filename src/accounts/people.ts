/**
 * Finds a person for an admin command. Takes the owner's connection and an id or e-mail address, returns the
 * person. FORCE row level security lets the owner read one person's row at a time: app_private.users_by_email
 * finds the ids of an address by its digest, and each row is read as that person. Must never lock a table.
 */
import type { ClientBase } from 'pg';
import { USER_ID_SETTING } from '../database/session.ts';
import { OperatorError } from '../errors.ts';

export interface Person {
  readonly id: number;
  readonly email: string;
}

/**
 * `who` is an id or an e-mail address, in any case. `client` is the owner's connection, outside a
 * transaction. Throws an OperatorError for nobody, and for several people, whose ids it names.
 */
export async function findPerson(client: ClientBase, who: string): Promise<Person> {
  const byId = /^[1-9][0-9]{0,9}$/.test(who) && Number(who) <= 2_147_483_647;
  const people = await readPeople(client, byId ? [Number(who)] : await idsOf(client, who));
  const [found, ...others] = people;
  if (found && others.length === 0) return found;
  if (found) {
    const list = people.map(({ id, email }) => `${id} (${email})`).join(', ');
    throw new OperatorError(
      `${who} is ambiguous: these people have addresses that differ in case only: ${list}.`,
      'name the person by id.',
    );
  }
  throw new OperatorError(
    `There is no user with the ${byId ? 'id' : 'e-mail address'} ${who}.`,
    'a user exists after the first request with a token; the embedded database starts with alice@example.com and bob@example.com.',
  );
}

async function idsOf(client: ClientBase, email: string): Promise<number[]> {
  const { rows } = await client.query<{ id: number }>(
    'select id from app_private.users_by_email($1) as id',
    [email],
  );
  return rows.map(({ id }) => id);
}

async function readPeople(client: ClientBase, ids: readonly number[]): Promise<Person[]> {
  const people: Person[] = [];
  await client.query('begin read only');
  try {
    for (const id of ids) {
      await client.query('select set_config($1, $2, true)', [USER_ID_SETTING, String(id)]);
      const { rows } = await client.query<Person>(
        'select id, email from public."user" where id = $1',
        [id],
      );
      people.push(...rows);
    }
    return people;
  } finally {
    await client.query('rollback');
  }
}
