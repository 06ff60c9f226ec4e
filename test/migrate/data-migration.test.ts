/**
 * docs/conventions.md, "Over many people, while they work": the block as it is printed changes 200,000 rows
 * beside a reader who waits for no lock. The control is the other block, which makes the reader wait.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from 'graphile-migrate';
import { expect, test } from 'vitest';
import { connectionsClosed, migrationSettings } from '../../src/migrate/migrate.ts';
import { asUser, outcome, useTestDatabase } from '../support/database.ts';
import { ROOT } from '../support/process.ts';

const PEOPLE = 200;
const TASKS = 1000;
const FIRST = 1_500_000_000;

const text = readFileSync(join(ROOT, 'docs/conventions.md'), 'utf8');
const block = (name: string): string =>
  new RegExp(`^\`\`\`sql ${name}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(text)?.[1] ?? '';

const database = useTestDatabase();

/** Reads the person's tasks, and fails with 55P03 as soon as it waits for a lock. */
const read = () =>
  asUser(database.authenticator, FIRST, async (client) => {
    await client.query("set local lock_timeout = '10ms'");
    return outcome(client.query('select title from public.task limit 10'));
  });

/** People in the order in which the block takes them. */
const SAMPLE = [20, 60, 100, 140, 180].map((n) => FIRST + n);

/** How many of them have been dealt with. */
const done = async (): Promise<number> => {
  const { rows } = await database.privileged.query(
    `select count(*)::integer as count from unnest($1::integer[]) as p (id)
     where not exists (select from public.task as t where t.user_id = p.id and t.title <> btrim(t.title))`,
    [SAMPLE],
  );
  return rows[0].count;
};

const untrimmed = async (): Promise<number> => {
  const { rows } = await database.privileged.query(
    'select count(*)::integer as count from public.task where title <> btrim(title)',
  );
  return rows[0].count;
};

test('200,000 rows of 200 people change beside a reader who is never blocked', {
  timeout: 300_000,
}, async () => {
  await database.privileged.query(
    `insert into public."user" (id, email) select $1 + n, 'many' || n || '@example.com'
       from generate_series(0, $2 - 1) as n`,
    [FIRST, PEOPLE],
  );
  await database.privileged.query(
    `insert into public.task (title, user_id) select ' title ', $1 + n % $2
       from generate_series(1, $3) as n`,
    [FIRST, PEOPLE, PEOPLE * TASKS],
  );
  expect(await untrimmed()).toBe(PEOPLE * TASKS);

  // The control: in one transaction, FORCE lifted, the reader waits.
  await database.owner.query(`begin; ${block('data').split(';')[0]}`);
  expect(await read()).toBe('55P03');
  await database.owner.query('rollback');
  expect(await read()).toBe('ok 10');

  const settings = {
    ...migrationSettings(database.urls.owner, () => {}),
    // As current.sql runs.
    pgSettings: { row_security: 'off' },
  };
  let isDone = false;
  const migration = run(settings, block('people'), 'current.sql').finally(() => {
    isDone = true;
  });
  const answers = new Set<string>();
  const progress = new Set<number>();
  while (!isDone) {
    answers.add(await read());
    progress.add(await done());
    await sleep(20);
  }
  await migration;
  await connectionsClosed();

  expect([...answers]).toEqual(['ok 10']);
  // The reader looked while the work was going on.
  expect([...progress].some((count) => count > 0 && count < SAMPLE.length)).toBe(true);
  expect(await untrimmed()).toBe(0);
});
