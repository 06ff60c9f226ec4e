/**
 * Tries every statement in one way and returns what went wrong. What a read must give, and what a write must
 * do, is what the superuser gets with the owner spelled out. After a write everybody else's rows are what
 * they were.
 */
import type { Client } from 'pg';
import { beforeAll, expect } from 'vitest';
import { outcome, type TestDatabase } from '../support/database.ts';
import { newUserId, usePsqlLogins } from '../support/people.ts';
import { find, ownerOf, type Relation, relationsOf } from './relations.ts';
import type { Rows, ServedFunction, ServedTable } from './rows.ts';
import { insertOf, mayUpdate, readsOf, type Write, writesOf } from './statements.ts';
import { ownRows, refusal, send, type Way } from './ways.ts';
import { aimed, type Foreign, foreign, isAimed, type Settled, settle } from './world.ts';

export interface SqlMatrix {
  reads(way: Way, table: ServedTable): Promise<string[]>;
  writes(way: Way, table: ServedTable): Promise<string[]>;
  functions(way: Way): Promise<string[]>;
}

/** Whether the role may update the table at all. */
const isWritable = (relation: Relation): boolean =>
  Object.keys(relation.columns).some((column) => mayUpdate(relation, column));

const sorted = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).sort();

/** Found by the rewriter, before rights: identity and generated columns, views that cannot be written. */
const BEFORE_RIGHTS = ['428C9', '55000'];

export function useSqlMatrix(
  database: TestDatabase,
  victim: number,
  stranger: number,
  rows: Rows,
): SqlMatrix {
  const { privileged, authenticator } = database;
  const logins = usePsqlLogins(database);
  const sessions = new Map<number, Client>();
  const settled = new Map<number, Settled>();
  let relations: Relation[] = [];
  const markOf = (person: number) => (person === victim ? 'secret' : `own${person}`);
  const clientOf = ({ through, actor }: Way): Client =>
    (through === 'login' && actor !== null && sessions.get(actor)) || authenticator;
  const rowsOf = (person: number): Settled => settled.get(person) ?? new Map();
  /** The victim's middle row. */
  const targetOf = ({ sql }: Relation) => {
    const keys = rowsOf(victim).get(sql) ?? [];
    const key = keys[1] ?? keys[0];
    if (!key) throw new Error(`${sql} has no row to aim at`);
    return key;
  };
  /** Others' rows as they were when an actor was judged last; gone once somebody else's rows have changed. */
  const lastSeen = new Map<number | null, Foreign>();
  const changedBy = (person: number | null) => {
    for (const actor of lastSeen.keys()) if (actor !== person) lastSeen.delete(actor);
  };
  const makeAgain = async (person: number) => {
    changedBy(person);
    settled.set(person, await settle(privileged, person, markOf(person), relations));
  };
  const third = newUserId();
  /** Whether the work left alone what is not the actor's; if not, it is made again for the next. */
  async function sparesOthers<T>(
    actor: number | null,
    work: () => Promise<T>,
  ): Promise<[boolean, T]> {
    const before = lastSeen.get(actor) ?? (await foreign(privileged, actor, relations, rows));
    // The control of every denial: there is somebody else, with rows.
    expect(before.rows).toBeGreaterThan(5);
    const result = await work();
    changedBy(actor);
    const after = await foreign(privileged, actor, relations, rows);
    const isSame = after.digest === before.digest;
    if (isSame) lastSeen.set(actor, after);
    else {
      lastSeen.clear();
      for (const person of [victim, stranger, third]) await makeAgain(person);
    }
    return [isSame, result];
  }

  beforeAll(async () => {
    relations = await relationsOf(privileged, rows);
    for (const person of [victim, stranger, third]) await makeAgain(person);
    for (const id of [victim, stranger])
      sessions.set(id, await logins.open(await logins.grant(id)));
  });

  async function reads(way: Way, { sql: name }: ServedTable): Promise<string[]> {
    const wrong: string[] = [];
    const relation = find(relations, name);
    const key = targetOf(relation);
    const [finds] = readsOf(name, { column: '*', value: '', key }).slice(1);
    // Everybody reads these rows, and whether "everybody" needs a claim is the policy's to say.
    const open = relation.reference && way.actor === null;
    for (const column of Object.keys(relation.columns)) {
      const { rows: held } = await privileged.query(
        `select quote_nullable(${column}) || '::' || pg_typeof(${column}) as value
         from (${finds}) as x`,
      );
      expect(held).toHaveLength(1);
      const aim = { column, key, value: held[0].value };
      const visible = `(select * from ${name} as r where ${ownRows(way, relation.ownedBy('r'))})`;
      const oracles = readsOf(visible, aim);
      for (const [i, sql] of readsOf(name, aim).entries()) {
        const { code, rows } = await send(way, clientOf(way), sql);
        const refused = refusal(way, true);
        // PostgreSQL knows before the policy that nothing compares with null.
        if (refused === way.broken && aim.value.startsWith('NULL') && code === 'ok 0') continue;
        if (open && refused !== '42501') {
          if (code !== refused && !code.startsWith('ok')) wrong.push(`${sql}: ${code}`);
          continue;
        }
        let right: readonly unknown[] = [];
        const expected =
          refused ??
          (await outcome(
            privileged.query(oracles[i] ?? '').then((result) => {
              right = result.rows;
              return result;
            }),
          ));
        if (code !== expected) wrong.push(`${sql}: ${code}`);
        else if (sorted(rows).join() !== sorted(right).join()) wrong.push(`${sql}: other rows`);
      }
    }
    return wrong;
  }

  /** What the superuser gets for the write with the owner spelled out. It is rolled back. */
  async function oracle(relation: Relation, way: Way, { sql, values }: Write): Promise<string> {
    const own = ownRows(way, relation.ownedBy('r'));
    const owned = values && { ...values, [ownerOf(relation)]: String(way.actor) };
    await privileged.query('begin');
    const statement = owned ? insertOf(relation.sql, owned) : sql.replace('$OWN', own);
    const code = await outcome(privileged.query(statement));
    await privileged.query('rollback');
    return code;
  }

  async function expectedOf(relation: Relation, way: Way, write: Write): Promise<string> {
    const { granted, where, changes = 'true', values } = write;
    // A view's trigger refuses a column in each row; without a row there is nothing to refuse.
    const perRow = way.through === 'login' && where !== undefined && isWritable(relation);
    const refused = refusal(way, granted || perRow);
    if (refused) return refused;
    if (values && way.actor === null) return '42501';
    if (granted) return oracle(relation, way, write);
    const own = ownRows(way, relation.ownedBy('r'));
    const rows = `select from ${relation.sql} as r where ${own} and (${where})`;
    const { rowCount } = await privileged.query(rows);
    const changed = await privileged.query(`${rows} and ${changes}`);
    return changed.rowCount ? '42501' : `ok ${rowCount}`;
  }

  async function writes(way: Way, { sql: name }: ServedTable): Promise<string[]> {
    const wrong: string[] = [];
    const relation = find(relations, name);
    const { actor } = way;
    const mark = actor === null ? 'nobody' : markOf(actor);
    const all = () => {
      const own = rowsOf(actor ?? stranger);
      const others = actor === victim ? undefined : rowsOf(victim);
      return writesOf(relation, targetOf(relation), mark, own, others);
    };
    for (let i = 0; i < all().length; i++) {
      // Made again each time: after a write the rows have other ids.
      const write = all()[i];
      if (!write) continue;
      const right = await expectedOf(relation, way, write);
      const sql = write.sql.replace('$OWN', 'true');
      const [spared, { code }] = await sparesOthers(actor, () => send(way, clientOf(way), sql));
      const early = !write.granted && BEFORE_RIGHTS.includes(code);
      if (code !== right && !early) wrong.push(`${sql}: ${code}, not ${right}`);
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

  /** A login has no copy of a function whose body is text and runs as its caller (migration direct). */
  const isMissing = async (way: Way, name: string): Promise<boolean> =>
    way.through === 'login' &&
    (
      await privileged.query('select from pg_proc where oid = to_regprocedure($1)', [
        name.replace('public.', 'direct.'),
      ])
    ).rowCount === 0;

  async function call(given: Way, { name, call: text, ends, closed }: ServedFunction) {
    const [way, client] =
      ends && given.actor !== null ? await substitute(given) : [given, clientOf(given)];
    const wrong: string[] = [];
    const sql = aimed(text, rowsOf(victim), relations);
    const [spared, { code, rows }] = await sparesOthers(way.actor, () => send(way, client, sql));
    const absent = closed || (await isMissing(way, name));
    const works = !absent && way.actor !== null;
    // With an id of the victim's, others may be refused.
    const decided = way.actor === victim || !isAimed(text);
    if ((absent || (works && decided)) && code.startsWith('ok') !== works)
      wrong.push(`${name}: ${code}`);
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
