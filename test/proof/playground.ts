/**
 * Plays steps against a real server and real logins and holds every answer, and after each batch all
 * that is stored, against the model. Throws what is wrong.
 */
import type pg from 'pg';
import { afterAll, beforeAll } from 'vitest';
import type { TestDatabase } from '../support/database.ts';
import { addUser, newUserId, usePsqlLogins } from '../support/people.ts';
import type { TestServer } from '../support/server.ts';
import { dataOf } from '../support/tasks.ts';
import { AS_USER, byHttp, byRest, bySql, claimOf, openPool, type Work } from './channels.ts';
import { judge } from './judge.ts';
import { Model, type StoredTask } from './model.ts';
import { PEOPLE, type Step } from './step.ts';
import { throughViews } from './ways.ts';
import { workOf } from './work.ts';

export interface Playground {
  play(batches: Step[][]): Promise<void>;
  /** Steps taken so far, and those without an answer. */
  readonly counts: { steps: number; unanswered: number; refused: number };
}

export function usePlayground(database: TestDatabase, server: TestServer): Playground {
  const { privileged } = database;
  const logins = usePsqlLogins(database);
  const people = Array.from({ length: PEOPLE }, newUserId);
  /** One who does nothing, and whose rows must not move. */
  const bystander = newUserId();
  const pools: pg.Pool[] = [];
  const tokens: string[] = [];
  const model = new Model();
  const counts = { steps: 0, unanswered: 0, refused: 0 };
  let serial = 0;
  let serverPool: pg.Pool;

  beforeAll(async () => {
    for (const id of [...people, bystander]) await addUser(privileged, id);
    serverPool = openPool(database.urls.authenticator, 4);
    for (const id of people) {
      pools.push(openPool(await logins.grant(id), 2));
      tokens.push(await server.token(id));
      dataOf(await server.ask(id, '{ me { id } }'));
    }
  });
  afterAll(async () => {
    for (const pool of [...pools, serverPool]) await pool.end();
  });

  async function stored(): Promise<StoredTask[]> {
    const { rows } = await privileged.query<StoredTask>(
      'select id, user_id, title, completed from public.task where user_id = any ($1)',
      [[...people, bystander]],
    );
    return rows;
  }

  async function startAnew(): Promise<void> {
    await privileged.query('delete from public.task where user_id = any ($1)', [
      [...people, bystander],
    ]);
    model.begin([...people, bystander]);
    const { rows } = await privileged.query<StoredTask>(
      `insert into public.task (user_id, title) select $1::integer, $1::integer || ':' || i
       from generate_series(1, 2) as i returning id, title`,
      [bystander],
    );
    for (const { id, title } of rows) model.created(bystander, id, title, false);
  }

  async function send(step: Step, person: number, other: number, work: Work) {
    const nobody = step.action === 'act as nobody';
    const token = (nobody ? 'x.y.z' : tokens[step.person]) ?? '';
    const hangUp = step.ending === 'commit' ? undefined : step.after;
    if (step.channel === 'http') return byHttp(server.url, token, work, hangUp);
    if (step.channel === 'rest') return byRest(server.url, token, person, work, hangUp);
    const pool = pools[step.person];
    if (step.channel === 'login' && pool && !nobody) {
      const direct = { ...work, sql: throughViews(work.sql) };
      return bySql(pool, step.lie ? [claimOf(other)] : [], direct, step.ending);
    }
    return bySql(serverPool, nobody ? [AS_USER] : [AS_USER, claimOf(person)], work, step.ending);
  }

  async function take(step: Step, row: number | undefined): Promise<void> {
    const person = people[step.person] ?? 0;
    const others = [...people, bystander].filter((id) => id !== person);
    const other = others[step.pick % others.length] ?? bystander;
    const foreignRows = [...model.of(other).keys()];
    const id = step.action.includes('another') ? foreignRows[step.pick % foreignRows.length] : row;
    const title = `${person}:${++serial}`;
    const work = workOf(step, id, title);
    if (!work) return;
    counts.steps++;
    const outcome = await send(step, person, other, work);
    if (!outcome) counts.unanswered++;
    if (outcome?.error) counts.refused++;
    const wrong = judge(model, { step, person, id, title, outcome });
    if (wrong)
      throw new Error(`${person} by ${step.channel}, ${step.action} ${id ?? ''}: ${wrong}`);
  }

  /** At the same time; but of one person no two change the same row, and bulk changes come last. */
  async function playBatch(batch: Step[]): Promise<void> {
    const taken = new Set<number>();
    const now: Promise<void>[] = [];
    const bulk: Step[] = [];
    for (const step of batch) {
      if (step.action === 'set all' || step.action === 'clear')
        bulk.push({ ...step, ending: 'commit' });
      else {
        const free = [...model.of(people[step.person] ?? 0).keys()].filter((id) => !taken.has(id));
        const row = free[step.pick % free.length];
        if (row !== undefined) taken.add(row);
        now.push(take(step, row));
      }
    }
    // All of them end before the first failure is told: none may run on into the next batch.
    const ended = await Promise.allSettled(now);
    for (const result of ended) if (result.status === 'rejected') throw result.reason;
    for (const step of bulk) await take(step, undefined);
    const wrong = model.compare(await stored());
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
  }

  return {
    counts,
    async play(batches) {
      await startAnew();
      for (const batch of batches) await playBatch(batch);
    },
  };
}
