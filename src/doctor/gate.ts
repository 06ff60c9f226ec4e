/**
 * Decides whether the migration that just ran on the shadow database may be committed. Takes an owner's
 * connection to the shadow. `commit` calls it twice: after it rebuilt the shadow from the history, and after
 * it ran the new migration. Only the second call may refuse: otherwise a finding of the history would block
 * the migration that fixes it.
 */
import type { ClientBase } from 'pg';
import { errorsOf, examine, type Finding } from './doctor.ts';

/** A comment on the shadow database. The next reset drops it with the database. */
const MARK = 'rowguard: history examined';

export interface Verdict {
  readonly findings: readonly Finding[];
  readonly refused: boolean;
}

export async function judgeShadow(client: ClientBase): Promise<Verdict> {
  const findings = await examine(client);
  const isHistory = await markHistory(client);
  return { findings, refused: !isHistory && errorsOf(findings).length > 0 };
}

/** True for the first call after a reset. A first migration has no history before it. */
async function markHistory(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ fresh: boolean; statement: string }>(
    `select shobj_description(d.oid, 'pg_database') is distinct from $1
        and (select count(*) from graphile_migrate.migrations) > 1 as fresh,
      format('comment on database %I is %L', d.datname, $1::text) as statement
    from pg_catalog.pg_database as d where d.datname = current_database()`,
    [MARK],
  );
  if (!rows[0]?.fresh) return false;
  await client.query(rows[0].statement);
  return true;
}
