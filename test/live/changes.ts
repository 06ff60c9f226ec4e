/**
 * Reads versions as SQL gives them: a client that catches up by changes_since() as a person, and what the two
 * private tables hold, as the superuser sees them. Changes nothing.
 */
import type { Client } from 'pg';
import { asUser } from '../support/database.ts';

export interface ChangeRow {
  readonly row_id: number | null;
  readonly version: string;
  readonly is_new: boolean | null;
  readonly is_gone: boolean | null;
  readonly epoch: string | null;
  readonly has_more: boolean | null;
  readonly resync: boolean;
}

export interface Page {
  readonly changes: readonly ChangeRow[];
  readonly end: ChangeRow;
}

const ALL = 1_000_000;

/** One page of changes, in a transaction of its own. */
export const changesSince = (
  authenticator: Client,
  person: number,
  from: Pick<ChangeRow, 'epoch' | 'version'> | null,
  first = ALL,
  relation = 'task',
): Promise<Page> =>
  asUser(authenticator, person, async (client) => {
    const { rows } = await client.query<ChangeRow>(
      'select * from public.changes_since($1, $2, $3, $4)',
      [relation, from?.epoch, from?.version, first],
    );
    const end = rows.at(-1);
    if (!end || end.row_id !== null) throw new Error('changes_since() ends without its last row');
    return { changes: rows.slice(0, -1), end };
  });

/** A client that keeps the ids it was told of, one page after the other until there is no more. */
export class Follower {
  readonly ids = new Set<number>();
  #from: ChangeRow | null = null;

  async catchUp(authenticator: Client, person: number, first?: number): Promise<void> {
    for (let more = true; more; ) {
      const { changes, end } = await changesSince(authenticator, person, this.#from, first);
      if (end.resync) this.ids.clear();
      for (const { row_id, is_gone } of changes) {
        if (row_id === null) continue;
        if (is_gone) this.ids.delete(row_id);
        else this.ids.add(row_id);
      }
      more = end.has_more === true;
      this.#from = end.resync ? null : end;
      if (end.resync) more = true;
    }
  }
}

/** The versions of a person's rows as the superuser sees them, oldest first. */
export async function storedChanges(privileged: Client, person: number) {
  const { rows } = await privileged.query<{ row_id: number; version: string; deleted: boolean }>(
    `select row_id, version, deleted from app_private.change
     where user_id = $1 order by version`,
    [person],
  );
  return rows;
}

export async function versionOf(privileged: Client, person: number): Promise<number | undefined> {
  const { rows } = await privileged.query(
    'select version from app_private.person_version where user_id = $1',
    [person],
  );
  return rows[0] && Number(rows[0].version);
}

export async function taskIds(privileged: Client, person: number): Promise<number[]> {
  const { rows } = await privileged.query(
    'select id from public.task where user_id = $1 order by id',
    [person],
  );
  return rows.map(({ id }) => id);
}
