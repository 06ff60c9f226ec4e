/**
 * Random writers over every channel against a client that stops at any step: whatever happened in between, it ends
 * with exactly the rows of the server, each in its newest state. One writer's transaction stays open meanwhile.
 */
import type { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect, useTestDatabase } from '../support/database.ts';
import { newUserId, usePsqlLogins } from '../support/people.ts';
import { WHOLE_PROOFS } from '../support/proofs.ts';
import { useTestServer } from '../support/server.ts';

const database = useTestDatabase();
const logins = usePsqlLogins(database);
const server = useTestServer(database);
const person = newUserId();
let login: Client;
let held: Client;

beforeAll(async () => {
  await server.ask(person, '{ me { id } }');
  login = await logins.open(await logins.grant(person));
  held = await connect(database.urls.root);
});
afterAll(() => held.end());

/** The copy of a client, and its place. */
interface Copy {
  readonly titles: Map<number, string>;
  since: string | null;
}

const CHANGES = `query ($since: Cursor, $first: Int) { taskChanges(since: $since, first: $first) {
  nodes { kind id task { title } } cursor hasMore resync } }`;

/** Reads one page, as docs/live.md says. Returns whether there is more. */
async function step(copy: Copy, first: number): Promise<boolean> {
  const { body } = await server.ask(person, CHANGES, { since: copy.since, first });
  const page = body.data.taskChanges;
  if (page.resync) {
    copy.titles.clear();
    copy.since = null;
    return true;
  }
  for (const { kind, id, task } of page.nodes) {
    if (kind === 'DELETED') copy.titles.delete(id);
    else copy.titles.set(id, task.title);
  }
  copy.since = page.cursor;
  return page.hasMore;
}

async function there(): Promise<[number, string][]> {
  const { rows } = await database.privileged.query(
    'select id, title from public.task where user_id = $1 order by id',
    [person],
  );
  return rows.map(({ id, title }) => [id, title]);
}

/** A generator of its own, so that a failure can be repeated with its seed (mulberry32). */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

async function write(pick: (below: number) => number, n: number): Promise<void> {
  const ids = (await there()).map(([id]) => id);
  const id = ids[pick(Math.max(ids.length, 1))] ?? 0;
  const api = (text: string) => server.ask(person, `mutation { ${text} }`);
  const { privileged } = database;
  const ways = [
    () => api(`createTask(input: { task: { title: "api ${n}" } }) { task { id } }`),
    () => api(`updateTask(input: { id: ${id}, patch: { title: "new ${n}" } }) { task { id } }`),
    () => api(`deleteTask(input: { id: ${id} }) { task { id } }`),
    () => api('setAllTasksCompleted(input: { completed: true }) { count }'),
    () =>
      login.query(`insert into task (title) select 'psql ' || g from generate_series(1, 3) as g`),
    () => login.query(`update task set title = 'psql ${n}' where id % 3 = ${n % 3}`),
    () => login.query(`delete from task where id % 7 = ${n % 7}`),
    () =>
      privileged.query(
        `insert into public.task (title, user_id) select 'owner ' || g, $1 from generate_series(1, 4) as g`,
        [person],
      ),
    () =>
      privileged.query(
        `update public.task set title = 'owner ${n}' where user_id = $1 and id % 2 = 0`,
        [person],
      ),
    async () => {
      await login.query('begin');
      await login.query(`update task set title = 'never'`);
      await login.query('rollback');
    },
    // The client's place is lost once in a while.
    () =>
      n % 5 === 0 &&
      privileged.query(
        'update app_private.person_version set epoch = gen_random_uuid() where user_id = $1',
        [person],
      ),
  ];
  await ways[pick(ways.length)]?.();
}

test.each(WHOLE_PROOFS ? [1, 2, 3, 4, 5, 6, 7, 8] : [1, 2])(
  'a client ends with the rows that are there (seed %i)',
  async (seed) => {
    const pick = random(seed);
    const copies: Copy[] = [0, 1, 2].map(() => ({ titles: new Map(), since: null }));
    for (let n = 0; n < 40; n++) {
      await write(pick, n);
      for (const copy of copies) if (pick(3) === 0) await step(copy, 1 + pick(6));
    }
    // Written and not committed: nobody sees it, and nobody waits for it to read.
    await held.query('begin');
    await held.query(`insert into public.task (title, user_id) values ('open', ${person})`);
    for (const copy of copies) {
      while (await step(copy, 7));
      expect([...copy.titles].sort(([a], [b]) => a - b)).toEqual(await there());
    }
    await held.query('commit');
    for (const copy of copies) {
      while (await step(copy, 7));
      const rows = await there();
      expect(rows.some(([, title]) => title === 'open')).toBe(true);
      expect([...copy.titles].sort(([a], [b]) => a - b)).toEqual(rows);
    }
    await database.privileged.query("delete from public.task where title = 'open'");
  },
);
