/**
 * A personal login writes conditions of its own, and PostgreSQL may check a leakproof one before the
 * policy. Each probe asks about a text that only Bob has and about one that nobody has; the answers must
 * not differ. The last tests take each guard away and show that the same probes then tell.
 */
import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { outcome, useTestDatabase } from '../support/database.ts';
import { addTask, addUser, usePsqlLogins } from '../support/people.ts';

const database = useTestDatabase();
const logins = usePsqlLogins(database);
let session: Client;

/** Bob's title and address begin with the first, nobody's with the second. */
const HELD = 'secret-h';
const FREE = 'secret-z';

beforeAll(async () => {
  const { privileged } = database;
  const [alice, bob] = [await addUser(privileged), await addUser(privileged)];
  await addTask(privileged, alice, 'Mine');
  await privileged.query('update public."user" set email = $2 where id = $1', [
    bob,
    `${HELD}@example.com`,
  ]);
  await privileged.query(
    `insert into public.task (title, description, user_id)
     select $2 || i, $2 || i, $1 from generate_series(1, 110) as i`,
    [bob, HELD],
  );
  await privileged.query('analyze public.task; analyze public."user"');
  session = await logins.open(await logins.grant(alice));
});

afterAll(() => session?.query('discard all'));

const FULL_SCAN =
  'set enable_indexscan = off; set enable_indexonlyscan = off; set enable_bitmapscan = off';

/** Plans that look at every row, also with prices that reorder conditions, or walk an index in its order. */
const PLANS = {
  'a full scan': FULL_SCAN,
  'a full scan, conditions free': `${FULL_SCAN}; set cpu_operator_cost = 0`,
  'a full scan, conditions dear': `${FULL_SCAN}; set cpu_operator_cost = 1e300`,
  'an index in its order':
    'set enable_seqscan = off; set enable_sort = off; set enable_bitmapscan = off',
};

/** `$C` is the column, `$P` the text asked about, `$F` a condition that leaves a trace when it is checked. */
const CONDITIONS = [
  "$C >= '$P' and $C < '$P~' and $F",
  "$C between '$P' and '$P~' and $F",
  "$C >= any (array['$P']) and $C <= any (array['$P~']) and $F",
  "($C, $C) >= ('$P', '$P') and ($C, $C) < ('$P~', '$P~') and $F",
  "case when $C >= '$P' and $C < '$P~' then $F end",
  "coalesce(nullif($C >= '$P' and $C < '$P~', false), false) and $F",
  "greatest($C, '$P') = $C and least($C, '$P~') = $C and $F",
  "not ($C < '$P' or $C >= '$P~') and $F",
  // Leakproof, and of no collation.
  "$C ^@ '$P' and $F",
  // Look-ups cost the planner nothing, so nothing can be cheaper.
  `('{"$P1": true}'::jsonb)[$C] is not null and $N`,
];
/** True of every row; compared with a column, or it would be decided before any row is looked at. */
const TRACE = "id <> (select -length(set_config('probe.ran', 'yes', false)))";
/** The same at no cost. */
const FREE_TRACE = "(select to_jsonb(set_config('probe.ran', 'yes', false)))[id] is null";
const COLUMNS = [
  ['title', 'public.task'],
  ['description', 'public.task'],
  ['email', 'public."user"'],
] as const;
const STATEMENTS = [
  'select 1 from $R where $W order by $C',
  'select count(*) from $R where $W',
  'select exists (select from $R where $W)',
  'select count(*) from (table $R union all table $R) as u where $W',
];

/** Everything a person can look at afterwards: the plan with its counts, and the trace. */
async function probe(
  statement: string,
  column: string,
  relation: string,
  condition: string,
  text: string,
) {
  const sql = statement
    .replaceAll('$W', condition)
    .replaceAll('$R', relation)
    .replaceAll('$C', column)
    .replaceAll('$F', TRACE)
    .replaceAll('$N', FREE_TRACE)
    .replaceAll('$P', text);
  await session.query("select set_config('probe.ran', 'no', false)");
  const { rows } = await session.query(
    `explain (analyze, costs off, timing off, summary off, buffers off) ${sql}`,
  );
  const trace = await session.query("select current_setting('probe.ran') as ran");
  return JSON.stringify([rows, trace.rows]).replaceAll(text, '…');
}

/** How many of the probes of a column tell a text that is there from one that is not. */
async function telling(columns: readonly (readonly [string, string])[]): Promise<string[]> {
  const told: string[] = [];
  for (const [name, settings] of Object.entries(PLANS)) {
    await session.query(settings);
    for (const [column, relation] of columns)
      for (const statement of STATEMENTS)
        for (const condition of CONDITIONS) {
          // The one that a known limit is about: see known-limits.test.ts.
          if (statement.includes('union all') && condition.includes('$N')) continue;
          const held = await probe(statement, column, relation, condition, HELD);
          const free = await probe(statement, column, relation, condition, FREE);
          if (held !== free)
            told.push(`${name}: ${statement.replace('$W', condition)} (${column})`);
        }
    await session.query('reset all');
  }
  return told;
}

/** What the planner expects, before anything is run. */
async function estimates(column: string, relation: string, text: string): Promise<number[]> {
  const expected: number[] = [];
  for (const condition of [
    `${column} >= '${text}' and ${column} < '${text}~'`,
    `${column} = '${text}1'`,
  ]) {
    const { rows } = await session.query(
      `explain (format json) select from ${relation} where ${condition}`,
    );
    expected.push(rows[0]['QUERY PLAN'][0].Plan['Plan Rows']);
  }
  return expected;
}

describe.each(COLUMNS)('%s', (column, relation) => {
  test('no condition on it is checked before the policy', async () => {
    expect(await telling([[column, relation]])).toEqual([]);
  });

  test('the planner’s estimates do not know what others wrote', async () => {
    expect(await estimates(column, relation, HELD)).toEqual(
      await estimates(column, relation, FREE),
    );
    const statistics = 'select from pg_statistic where starelid = $1::regclass and staattnum = $2';
    const { rows } = await database.privileged.query(
      'select attnum from pg_attribute where attrelid = $1::regclass and attname = $2',
      [relation, column],
    );
    const of = (attnum: number) =>
      outcome(database.privileged.query(statistics, [relation, attnum]));
    expect(await of(rows[0]?.attnum)).toBe('ok 0');
    // The control: the table was analysed.
    expect(await of(1)).toBe('ok 1');
  });
});

/** What a task of this id is, asked at no cost. */
async function guess(id: number, what: string): Promise<string> {
  await session.query("select set_config('probe.ran', 'no', false)");
  await session.query(
    `select from public.task where (select '[${id}:${id}]={t}'::boolean[])[id] and ${what} and ${FREE_TRACE}`,
  );
  const { rows } = await session.query("select current_setting('probe.ran') as ran");
  return rows[0].ran;
}

test('nobody learns whose another’s task is, whether it is done, or that it exists', async () => {
  const { rows } = await database.privileged.query(
    `select m.id as mine, o.id as other, o.user_id as owner
     from public.task as m, public.task as o where m.title = 'Mine' order by o.id desc limit 1`,
  );
  const { mine, other, owner } = rows[0];
  for (const settings of Object.values(PLANS)) {
    await session.query(settings);
    for (const what of [
      'true',
      'not completed',
      'description is not null',
      `(select '[${owner}:${owner}]={t}'::boolean[])[user_id]`,
    ]) {
      expect(await guess(other, what)).toBe('no');
    }
    // The control: of one's own the same conditions are asked.
    expect(await guess(mine, 'not completed')).toBe('yes');
    await session.query('reset all');
  }
});

test('a change of one’s own rows is no probe either', async () => {
  for (const text of [HELD, FREE]) {
    for (const sql of [
      `update public.task set completed = true where title >= '${text}' and title < '${text}~' and ${TRACE}`,
      `delete from public.task where title >= '${text}' and title < '${text}~' and ${TRACE}`,
      `merge into public.task t using (select) s on t.title >= '${text}' and t.title < '${text}~' and ${TRACE} when matched then delete`,
      `update public.task set completed = true where ('{"${text}1": true}'::jsonb)[title] is not null and ${FREE_TRACE}`,
      `delete from public.task where ('{"${text}1": true}'::jsonb)[title] is not null and ${FREE_TRACE}`,
    ]) {
      await session.query(`${FULL_SCAN}; select set_config('probe.ran', 'no', false)`);
      expect(await outcome(session.query(sql))).toBe('ok 0');
      const { rows } = await session.query("select current_setting('probe.ran') as ran");
      expect(rows).toEqual([{ ran: 'no' }]);
    }
  }
  await session.query('reset all');
});

test('the index on email can not be named by anybody but the owner', async () => {
  const sql = 'select from public."user" where email collate app_private.bytewise < \'m\'';
  expect(await outcome(session.query(sql))).toBe('42501');
});

describe('the probes can tell', () => {
  test('texts, once select_guard is gone', async () => {
    await database.owner.query('drop policy select_guard on public.task');
    expect((await telling([['title', 'public.task']])).length).toBeGreaterThan(5);
  });

  test('addresses, once the index has the collation that queries use', async () => {
    await database.owner.query('drop index public.user_email_key');
    await database.owner.query('create unique index user_email_key on public."user" (email)');
    expect((await telling([['email', 'public."user"']])).length).toBeGreaterThan(5);
  });

  test('texts, once statistics are kept of them', async () => {
    await database.owner.query('alter table public.task alter column title set statistics 100');
    await database.privileged.query('analyze public.task');
    await database.owner.query('drop policy if exists select_guard on public.task');
    // Row security keeps the estimate small; the sample shows in its ratio.
    const held = await estimates('title', 'public.task', HELD);
    expect(held).not.toEqual(await estimates('title', 'public.task', FREE));
  });
});
