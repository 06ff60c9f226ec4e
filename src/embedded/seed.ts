/**
 * The two demo accounts of a first start. Takes the server's own URL and creates them in the same way as
 * any request: the account by ensure_user, the tasks as todo_user with that person's claim. Never changes
 * an existing account's tasks.
 */
import { withClient } from '../database/connect.ts';
import { USER_ID_SETTING } from '../database/session.ts';

export interface DemoAccount {
  readonly userId: number;
  readonly email: string;
  readonly name: string;
}

interface DemoTask {
  readonly title: string;
  readonly description?: string;
  readonly completed?: boolean;
}

export const DEMO_ACCOUNTS: readonly (DemoAccount & { tasks: readonly DemoTask[] })[] = [
  {
    userId: 1,
    email: 'alice@example.com',
    name: 'Alice',
    tasks: [
      { title: 'Buy oat milk', completed: true },
      { title: 'Book the dentist', description: 'Mornings only' },
      { title: 'Read chapter three' },
    ],
  },
  {
    userId: 2,
    email: 'bob@example.com',
    name: 'Bob',
    tasks: [
      { title: 'Water the plants' },
      { title: 'Call the landlord', description: 'About the window', completed: true },
    ],
  },
];

/** Adds missing accounts and tasks in one transaction. An account with tasks stays unchanged. */
export async function seedDemoAccounts(authenticatorUrl: string): Promise<void> {
  await withClient(authenticatorUrl, async (client) => {
    await client.query('begin');
    for (const { userId, email, tasks } of DEMO_ACCOUNTS) {
      await client.query('select app_private.ensure_user($1, $2, now())', [userId, email]);
      await client.query('set local role todo_user');
      await client.query('select set_config($1, $2, true)', [USER_ID_SETTING, String(userId)]);
      const { rows } = await client.query('select exists (select from public.task) as found');
      for (const { title, description, completed } of rows[0]?.found ? [] : tasks) {
        await client.query(
          'insert into public.task (title, description, completed) values ($1, $2, $3)',
          [title, description ?? null, completed ?? false],
        );
      }
      await client.query('reset role');
    }
    await client.query('commit');
  });
}
