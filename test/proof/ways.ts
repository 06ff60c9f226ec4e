/**
 * The ways into the database, and one statement sent through one of them, to its commit. The claims
 * that lie name the person whose rows are to be kept apart.
 */
import type { Client } from 'pg';
import { USER_ID_SETTING } from '../../src/database/session.ts';
import { outcome } from '../support/database.ts';

export interface Way {
  /** Who the statement acts for. */
  readonly actor: number | null;
  readonly claim: string | null;
  readonly through: 'server' | 'login' | 'server without its role';
  /** What reading the identity fails with. */
  readonly broken?: string;
}

/** Every way, by its name. An expired token never gets as far as this: the GraphQL matrix has it. */
export function waysOf(victim: number, stranger: number): Record<string, Way> {
  const server = (claim: string | null, actor: number | null = null, broken?: string): Way => ({
    actor,
    claim,
    through: 'server',
    ...(broken && { broken }),
  });
  const login = (actor: number, claim: string | null): Way => ({ actor, claim, through: 'login' });
  const V = String(victim);
  return {
    'the server, owner': server(V, victim),
    'the server, another person': server(String(stranger), stranger),
    'the server, no claim': server(null),
    'the server, an empty claim': server(''),
    'the server, garbage': server(`${V} or true`, null, '22P02'),
    'the server, out of range': server('2147483648', null, '22003'),
    'the server without its role': { actor: null, claim: V, through: 'server without its role' },
    'a login, owner': login(victim, null),
    'a login, owner, with a claim of another person': login(victim, String(stranger)),
    'a login, another person': login(stranger, null),
    'a login, another person with the owner’s claim': login(stranger, V),
    'a login, an empty claim': login(stranger, ''),
    'a login, garbage': login(stranger, `${V} or true`),
    'a login, out of range': login(stranger, '2147483648'),
  };
}

export interface Result {
  /** 'ok' and the number of rows, or an SQLSTATE. */
  readonly code: string;
  readonly rows: readonly unknown[];
}

/** A personal login has no right on a table: the statement is about the view of the same name. */
export const throughViews = (sql: string): string => sql.replaceAll('public.', 'direct.');

export async function send(way: Way, client: Client, sql: string): Promise<Result> {
  await client.query('begin');
  try {
    if (way.through === 'server') await client.query('set local role todo_user');
    if (way.claim !== null)
      await client.query('select set_config($1, $2, true)', [USER_ID_SETTING, way.claim]);
    let rows: unknown[] = [];
    const code = await outcome(
      client.query(way.through === 'login' ? throughViews(sql) : sql).then((result) => {
        rows = result.rows;
        return result;
      }),
    );
    await client.query(code.startsWith('ok') ? 'commit' : 'rollback');
    return { code, rows };
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}

/** What the statement must be refused with, or undefined if it may be tried. */
export function refusal(way: Way, granted: boolean): string | undefined {
  if (way.through === 'server without its role' || !granted) return '42501';
  return way.broken;
}

/** The actor's own rows, as a condition. `owner` is SQL; null: the rows are everybody's. */
export const ownRows = ({ actor }: Way, owner: string | null): string => {
  if (owner === null) return 'true';
  return actor === null ? 'false' : `${owner} = ${actor}`;
};
