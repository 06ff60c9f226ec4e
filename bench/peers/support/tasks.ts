/**
 * Data access by hand with node-postgres: `where user_id = …` in each statement, no row level security.
 * Statements have names, so that each is parsed once per connection: the fastest way of node-postgres.
 */
import type { Pool } from 'pg';

const COLUMNS = 'id, title, completed, created_at as "createdAt", updated_at as "updatedAt"';

export interface PageOptions {
  readonly first: number;
  readonly completed?: boolean | null | undefined;
  /** Id of the last task of the previous page. */
  readonly after?: number | null | undefined;
}

export interface Task {
  readonly id: number;
  readonly title: string;
  readonly completed: boolean;
  readonly createdAt: string;
  readonly updatedAt: string | null;
}

export function taskAccess(pool: Pool) {
  const ask = async (name: string, text: string, values: unknown[]): Promise<Task[]> =>
    (await pool.query<Task>({ name, text, values })).rows;
  const one = async (rows: Promise<Task[]>) => (await rows)[0] ?? null;
  return {
    page(userId: number, { first, completed, after }: PageOptions): Promise<Task[]> {
      const values: unknown[] = [userId, first];
      let where = 'user_id = $1';
      let name = 'page';
      if (completed != null) {
        where += ` and completed = $${values.push(completed)}`;
        name += '-completed';
      }
      if (after != null) {
        where += ` and id < $${values.push(after)}`;
        name += '-after';
      }
      return ask(
        name,
        `select ${COLUMNS} from public.task where ${where} order by id desc limit $2`,
        values,
      );
    },
    byId: (userId: number, id: number) =>
      one(
        ask('by-id', `select ${COLUMNS} from public.task where id = $1 and user_id = $2`, [
          id,
          userId,
        ]),
      ),
    create: (userId: number, title: string) =>
      one(
        ask(
          'create',
          `insert into public.task (title, user_id) values ($1, $2) returning ${COLUMNS}`,
          [title, userId],
        ),
      ),
    setCompleted: (userId: number, id: number, completed: boolean) =>
      one(
        ask(
          'set-completed',
          `update public.task set completed = $3 where id = $1 and user_id = $2 returning ${COLUMNS}`,
          [id, userId, completed],
        ),
      ),
  };
}

export type TaskAccess = ReturnType<typeof taskAccess>;
