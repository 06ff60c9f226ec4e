/**
 * Tries every statement in one way and returns what went wrong. What a read must give is what the
 * superuser finds with the owner spelled out; after a write everybody else's rows are what they were.
 */
import type { Client } from 'pg';
import { beforeAll, expect } from 'vitest';
import type { TestDatabase } from '../support/database.ts';
import { newUserId, usePsqlLogins } from '../support/people.ts';
import type { Rows, ServedFunction, ServedTable } from './rows.ts';
import { readsOf, writesOf } from './statements.ts';
import { ownRows, refusal, send, type Way } from './ways.ts';
import { foreign, settle } from './world.ts';

export interface SqlMatrix {
  reads(way: Way, table: ServedTable): Promise<string[]>;
  writes(way: Way, table: ServedTable): Promise<string[]>;
  functions(way: Way): Promise<string[]>;
}

/** Whether the role may update the table at all. */
const isWritable = ({ columns }: ServedTable): boolean =>
  Object.values(columns).some(({ writable }) => writable);

const sorted = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).sort();

export function useSqlMatrix(
  database: TestDatabase,
  victim: number,
  stranger: number,
  rows: Rows,
): SqlMatrix {
  const { privileged, authenticator } = database;
  const logins = usePsqlLogins(database);
  const sessions = new Map<number, Client>();
  let targets: Map<string, number>;
  const markOf = (person: number) => (person === victim ? 'secret' : `own${person}`);
  const clientOf = ({ through, actor }: Way): Client =>
    (through === 'login' && actor !== null && sessions.get(actor)) || authenticator;
  const targetOf = ({ type }: ServedTable) => targets.get(type) ?? 0;
  const makeAgain = async (person: number) => {
    const made = await settle(privileged, person, markOf(person), rows);
    if (person === victim) targets = made;
  };
  const third = newUserId();
  /** Whether the work left alone what is not the actor's; if not, it is made again for the next. */
  async function sparesOthers<T>(
    actor: number | null,
    work: () => Promise<T>,
  ): Promise<[boolean, T]> {
    const before = await foreign(privileged, actor, rows);
    // The control of every denial: there is somebody else, with rows.
    expect(before.rows).toBeGreaterThan(5);
    const result = await work();
    const spared = (await foreign(privileged, actor, rows)).digest === before.digest;
    if (!spared) for (const person of [victim, stranger, third]) await makeAgain(person);
    return [spared, result];
  }

  beforeAll(async () => {
    for (const person of [victim, stranger, third]) await makeAgain(person);
    for (const id of [victim, stranger])
      sessions.set(id, await logins.open(await logins.grant(id)));
  });

  async function reads(way: Way, table: ServedTable): Promise<string[]> {
    const wrong: string[] = [];
    for (const column of Object.keys(table.columns)) {
      const id = targetOf(table);
      const { rows: held } = await privileged.query(
        `select quote_nullable(${column}) || '::' || pg_typeof(${column}) as value
         from ${table.sql} where id = $1`,
        [id],
      );
      expect(held).toHaveLength(1);
      const aim = { column, id, value: held[0].value };
      const visible = `(select * from ${table.sql} where ${ownRows(way, table.owner)})`;
      const oracles = readsOf(visible, aim);
      for (const [i, sql] of readsOf(table.sql, aim).entries()) {
        const { code, rows } = await send(way, clientOf(way), sql);
        const refused = refusal(way, true);
        const right = refused ? [] : (await privileged.query(oracles[i] ?? '')).rows;
        if (code !== (refused ?? `ok ${right.length}`)) wrong.push(`${sql}: ${code}`);
        else if (sorted(rows).join() !== sorted(right).join()) wrong.push(`${sql}: other rows`);
      }
    }
    return wrong;
  }

  async function writes(way: Way, table: ServedTable): Promise<string[]> {
    const wrong: string[] = [];
    const { actor } = way;
    const count = writesOf(table, 0, '').length;
    for (let i = 0; i < count; i++) {
      // Asked for again each time: the owner's rows are made again after each write.
      const write = writesOf(table, targetOf(table), actor === null ? 'nobody' : markOf(actor))[i];
      if (!write) continue;
      const { sql, granted, where, changes = 'true' } = write;
      // A view's trigger refuses a column in each row; without a row there is nothing to refuse.
      const perRow = way.through === 'login' && where !== undefined && isWritable(table);
      let right = refusal(way, granted || perRow);
      if (!right && where === undefined) right = actor === null ? '42501' : 'ok 1';
      if (!right) {
        const own = `select from ${table.sql} where ${ownRows(way, table.owner)} and (${where})`;
        const { rowCount } = await privileged.query(own);
        const changed = await privileged.query(`${own} and ${changes}`);
        right = changed.rowCount && !granted ? '42501' : `ok ${rowCount}`;
      }
      const [spared, { code }] = await sparesOthers(actor, () => send(way, clientOf(way), sql));
      // A change of an identity column is answered by the rewriter, before rights are looked at.
      if (code !== right && !(code === '428C9' && !granted)) wrong.push(`${sql}: ${code}`);
      if (!spared) wrong.push(`${sql}: changed others’ rows`);
      if (actor !== null && code.startsWith('ok')) await makeAgain(actor);
    }
    return wrong;
  }

  /** Somebody new in the actor's place, with a login if the way is one. */
  async function substitute(way: Way): Promise<[Way, Client]> {
    const actor = newUserId();
    await makeAgain(actor);
    const claim = way.claim === String(way.actor) ? String(actor) : way.claim;
    const isLogin = way.through === 'login';
    const client = isLogin ? await logins.open(await logins.grant(actor)) : authenticator;
    return [{ ...way, actor, claim }, client];
  }

  async function call(given: Way, { name, call: sql, ends, closed }: ServedFunction) {
    const [way, client] =
      ends && given.actor !== null ? await substitute(given) : [given, clientOf(given)];
    const wrong: string[] = [];
    const [spared, { code, rows }] = await sparesOthers(way.actor, () => send(way, client, sql));
    const works = !closed && way.actor !== null;
    if ((works || closed) && code.startsWith('ok') !== works) wrong.push(`${name}: ${code}`);
    if (way.actor !== victim && JSON.stringify(rows).includes('secret'))
      wrong.push(`${name}: told a secret`);
    if (!spared) wrong.push(`${name}: changed others’ rows`);
    if (way.actor === victim) await makeAgain(victim);
    return wrong;
  }

  return {
    reads,
    writes,
    async functions(way) {
      const wrong: string[] = [];
      for (const served of rows.functions) wrong.push(...(await call(way, served)));
      return wrong;
    },
  };
}
