/**
 * Runs the doctor's statement on an open connection and returns its findings. It reads the catalogue only,
 * never changes anything and needs no rights: the owner and the server's login get the same answer.
 */
import type { ClientBase, Pool } from 'pg';
import { patiently } from '../database/patiently.ts';
import { doctorSql } from './statement.ts';

export interface Finding {
  /** Stable; docs/doctor.md explains each. */
  readonly code: string;
  /**
   * An error is unsafe. A warning is something to know, or what the owner's SQL cannot fix. Allowed is an
   * error or a warning that the object's comment excepts (`@doctor allow CODE: reason`).
   */
  readonly level: 'error' | 'warning' | 'allowed';
  readonly object: string;
  /** One sentence. */
  readonly message: string;
  /** The SQL that fixes it, for the owner; a SQL comment where there is none or where it is allowed. */
  readonly fix: string;
}

/** The login that is judged by default. */
export const SERVER_LOGIN = 'todo_authenticator';

/** How long the server waits for an answer, in milliseconds. */
const PATIENCE_MS = 15_000;

/** In a read-only transaction of its own. */
export async function examine(client: ClientBase, login = SERVER_LOGIN): Promise<Finding[]> {
  await client.query('begin read only');
  try {
    return await examineHere(client, login);
  } finally {
    // The transaction changed nothing. On a broken connection the first error is the one to report.
    await client.query('rollback').catch(() => {});
  }
}

/** In the caller's transaction, so that its uncommitted changes are judged. */
export async function examineHere(client: ClientBase, login = SERVER_LOGIN): Promise<Finding[]> {
  // Compiling the query would take longer than running it.
  await client.query("set local search_path = ''; set local jit = off");
  // After a restore the server may lack the right: GRANT_MISSING says so, and the other rules still answer.
  const { rows: there } = await client.query<{ direct: boolean }>(
    `select count(*) = 4 and coalesce(bool_and(has_schema_privilege(n.oid, 'usage')
        and has_function_privilege(p.oid, 'execute')), false) as direct
      from pg_catalog.pg_proc as p
      join pg_catalog.pg_namespace as n on n.oid = p.pronamespace and n.nspname = 'app_private'
      where p.proname in ('direct_columns', 'direct_tables', 'direct_functions', 'direct_definitions')`,
  );
  const { rows } = await client.query<Finding>(doctorSql(login, there[0]?.direct ?? false));
  return rows;
}

/** Over the server's own pool, judging the login the server really has. */
export const examineServer = (pool: Pool): Promise<Finding[]> =>
  patiently(pool, PATIENCE_MS, async (client) => {
    const { rows } = await client.query<{ login: string }>('select session_user as login');
    return examine(client, rows[0]?.login);
  });

export const errorsOf = (findings: readonly Finding[]): Finding[] =>
  findings.filter(({ level }) => level === 'error');
