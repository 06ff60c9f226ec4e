/**
 * The workloads: operations and the people who send them. Readers, updaters and creators are different
 * people, so no workload changes what another reads. Each connection has its own people, so no two wait
 * for the same row lock.
 */
import type { Client } from 'pg';
import type { Operation } from './dialects.ts';
import type { Crowd } from './support/seed.ts';

export const CROWD: Crowd = { people: 2000, tasks: 200_000 };
export const LARGE_ACCOUNT = { userId: 2001, tasks: 250_000 };
export const CONNECTIONS = 8;

/** Different requests per connection, sent in a loop. */
const CYCLE = 32;

export const WORKLOADS = ['newest', 'filtered', 'point', 'create', 'toggle', 'deep'] as const;
export type Workload = (typeof WORKLOADS)[number];

export const TITLES: Readonly<Record<Workload, string>> = {
  newest: 'newest 50',
  filtered: 'newest 50, open ones only',
  point: 'one task by id',
  create: 'create',
  toggle: 'toggle completed',
  deep: 'page at the end of an account of 250,000',
};

export interface Turn {
  readonly userId: number;
  readonly operation: Operation;
}

/** The newest task id of each person. */
export async function newestIds(root: Client): Promise<ReadonlyMap<number, number>> {
  const { rows } = await root.query<{ user_id: number; id: number }>(
    'select user_id, max(id) as id from public.task group by user_id',
  );
  return new Map(rows.map(({ user_id, id }) => [user_id, id]));
}

/** `place` is the peer's cursor (or id) of the last page of the large account. */
export function turnsOf(
  workload: Workload,
  connection: number,
  newest: ReadonlyMap<number, number>,
  place: string | number,
): Turn[] {
  const person = (i: number, group: number) => 1 + group * 500 + connection * CYCLE + i;
  const cycle = Array.from({ length: CYCLE }, (_, i) => i);
  const idOf = (userId: number) => newest.get(userId) ?? 0;
  switch (workload) {
    case 'newest':
    case 'filtered':
      return cycle.map((i) => ({ userId: person(i, 0), operation: { kind: workload } }));
    case 'point':
      return cycle.map((i) => {
        const userId = person(i, 0);
        return { userId, operation: { kind: 'point', id: idOf(userId) } };
      });
    case 'create':
      return cycle.map((i) => ({
        userId: person(i, 1),
        operation: { kind: 'create', title: `Task ${i} of connection ${connection}` },
      }));
    case 'toggle':
      return [true, false].flatMap((completed) =>
        cycle.map((i) => {
          const userId = person(i, 2);
          return { userId, operation: { kind: 'toggle', id: idOf(userId), completed } as const };
        }),
      );
    case 'deep':
      return [{ userId: LARGE_ACCOUNT.userId, operation: { kind: 'deep', after: place } }];
  }
}
