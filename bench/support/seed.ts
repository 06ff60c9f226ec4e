/**
 * Inserts people and tasks in bulk, as the superuser (no policy applies). A person's rows are spread over
 * the table, as if many people wrote at the same time.
 */
import type { Client } from 'pg';
import { emailOf } from './stage.ts';

export interface Crowd {
  readonly people: number;
  /** Tasks of all people together. */
  readonly tasks: number;
  /** Ids are greater than this one. */
  readonly after?: number;
}

export async function seedCrowd(root: Client, { people, tasks, after = 0 }: Crowd): Promise<void> {
  await root.query('begin');
  // Without foreign key checks: they would take half of the time.
  await root.query('set local session_replication_role = replica');
  await root.query(
    `insert into public."user" (id, email)
     select id, replace($2, '#', id::text) from generate_series($3::integer + 1, $3::integer + $1::integer) as id`,
    [people, emailOf(0).replace('0', '#'), after],
  );
  await root.query(
    `insert into public.task (title, completed, user_id, created_at, updated_at)
     select 'Task ' || i || ' of a list of things to do', i % 3 = 0, $3::integer + 1 + i % $1::integer,
       date_trunc('milliseconds', now()) - make_interval(secs => $2::integer - i),
       case when i % 5 = 0 then date_trunc('milliseconds', now()) end
     from generate_series(0, $2::integer - 1) as i`,
    [people, tasks, after],
  );
  await root.query('commit');
}

/** One person with many tasks. */
export async function seedAccount(root: Client, userId: number, tasks: number): Promise<void> {
  await root.query('insert into public."user" (id, email) values ($1, $2) on conflict do nothing', [
    userId,
    emailOf(userId),
  ]);
  await root.query(
    `insert into public.task (title, completed, user_id, created_at)
     select 'Task ' || i || ' of a very long list', i % 2 = 0, $1::integer,
       date_trunc('milliseconds', now()) - make_interval(secs => $2::integer - i)
     from generate_series(0, $2::integer - 1) as i`,
    [userId, tasks],
  );
}

/** VACUUM as autovacuum would do, and a checkpoint, so that neither runs during measurements. */
export async function settle(root: Client): Promise<void> {
  await root.query('vacuum (analyze) public.task, public."user"');
  await root.query('checkpoint');
}
