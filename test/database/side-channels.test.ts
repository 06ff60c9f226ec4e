/**
 * A personal login writes its own conditions and sets its own planner costs. Each probe asks about a value that
 * only Bob has and about a value that nobody has, and the two outcomes must be the same: rows, plan, counts,
 * errors, and the trace of a condition that was checked. The control runs the same probes on the tables
 * themselves, and there they tell.
 */
import type { Client } from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { outcome, useTestDatabase } from '../support/database.ts';
import { addTask, addUser, usePsqlLogins } from '../support/people.ts';
import {
  ATTEMPTS,
  type Attempt,
  COLUMNS,
  type Column,
  FREE_TRACE,
  INTEGER_CONDITIONS,
  SETTINGS,
  TEXT_CONDITIONS,
  TRACE,
  VALUE_CONDITIONS,
} from '../support/probes.ts';
import { isKnown } from '../support/since.ts';

const database = useTestDatabase();
const logins = usePsqlLogins(database);
let session: Client;
let alice: number;
/** Of each column: what only Bob has, and what nobody has. */
let values: Readonly<Record<string, readonly [held: string, free: string]>>;

beforeAll(async () => {
  const { privileged } = database;
  alice = await addUser(privileged);
  const bob = await addUser(privileged);
  await addTask(privileged, alice, 'Mine');
  await privileged.query(`update public."user" set email = 'secret-h1@example.com' where id = $1`, [
    bob,
  ]);
  await privileged.query(
    `insert into public.task (id, title, description, user_id) overriding system value
     select 1900000000 + i, 'secret-h' || i, 'secret-h' || i, $1 from generate_series(1, 110) as i`,
    [bob],
  );
  const { rows } = await privileged.query(
    'select min(created_at)::text as at from public.task where user_id = $1',
    [bob],
  );
  values = {
    title: ['secret-h', 'secret-z'],
    email: ['secret-h', 'secret-z'],
    id: ['1900000001', '1900007777'],
    user_id: [String(bob), '2000000001'],
    created_at: [rows[0].at, '2001-01-01 00:00:00+00'],
  };
  // Plans must not change while they are compared.
  await privileged.query(
    `alter table public.task set (autovacuum_enabled = off);
     alter table public."user" set (autovacuum_enabled = off);
     analyze public.task; analyze public."user"`,
  );
  session = await logins.open(await logins.grant(alice));
});

const TYPES: Readonly<Record<string, string>> = { created_at: 'timestamptz' };

const conditionsOf = ({ column, isText }: Column): readonly string[] => {
  if (isText) return TEXT_CONDITIONS;
  return column.endsWith('id') ? [...VALUE_CONDITIONS, ...INTEGER_CONDITIONS] : VALUE_CONDITIONS;
};

/** Everything a person can look at afterwards, with the value itself taken out. */
async function probe(
  { sql, before = '' }: Attempt,
  { column, relation }: Column,
  schema: string,
  condition: string,
  value: string,
): Promise<string> {
  const fill = (text: string) =>
    text
      .replaceAll('$W', condition)
      .replaceAll('$U', relation === 'task' ? 'completed = completed' : 'email = email')
      .replaceAll('$R', `${schema}.${relation}`)
      .replaceAll('$T', TYPES[column] ?? 'integer')
      .replaceAll('$C', column)
      .replaceAll('$F', TRACE)
      .replaceAll('$N', FREE_TRACE)
      .replaceAll('$P', value);
  // EXPLAIN of an EXECUTE shows its plan; a FETCH has none.
  const plan = sql.startsWith('fetch') ? '' : `explain (${SHOWN}) ${sql}`;
  const statements = [before, plan, sql].map(fill).join(';');
  const done = await session
    .query(
      `rollback; deallocate all; begin; select set_config('probe.ran', 'no', false); ${statements}; select current_setting('probe.ran')`,
    )
    .then(
      (results) => [results].flat().map(({ rows, rowCount }) => [rows, rowCount]),
      ({ code, message }: { code?: string; message: string }) => [code, message],
    );
  return JSON.stringify(done).replaceAll(value, '…');
}

const SHOWN = 'analyze, costs off, timing off, summary off, buffers off';

/**
 * How two questions differ, when they do each time. Dead versions of Alice's own row are forgotten at a moment
 * of PostgreSQL's choice, so that a count of visited versions can differ once.
 */
async function lasting(
  one: () => Promise<string>,
  other: () => Promise<string>,
): Promise<string | undefined> {
  let [a, b] = [await one(), await other()];
  for (let again = 0; again < 2 && a !== b; again++) [b, a] = [await other(), await one()];
  return a === b ? undefined : `${a} and ${b}`;
}

/** The probes that tell a value that is there from one that is not. */
async function telling(
  schema: string,
  columns: readonly Column[],
  settings = SETTINGS,
  all = ATTEMPTS.filter(({ sql }) => isKnown(sql)),
): Promise<string[]> {
  const told: string[] = [];
  const few = all.slice(0, 3);
  for (const { name, sql, thorough } of settings) {
    await session.query(sql);
    for (const column of columns) {
      const [held = '', free = ''] = values[column.column] ?? [];
      for (const attempt of thorough ? all : column.isText ? few : []) {
        for (const condition of conditionsOf(column)) {
          const ask = (value: string) => probe(attempt, column, schema, condition, value);
          const difference = await lasting(
            () => ask(held),
            () => ask(free),
          );
          if (difference === undefined) continue;
          told.push(`${name}: ${attempt.sql} [${condition}] (${column.column}): ${difference}`);
        }
      }
    }
    await session.query('rollback; reset all');
  }
  return told;
}

const texts = COLUMNS.filter(({ isText }) => isText);

describe('through the views of a login', () => {
  test('no probe tells what another person wrote', { timeout: 240_000 }, async () => {
    expect(await telling('direct', COLUMNS)).toEqual([]);
  });

  test('the planner’s estimates do not depend on what others wrote', async () => {
    for (const { column, relation } of COLUMNS) {
      const [held = '', free = ''] = values[column] ?? [];
      const rowsFor = async (value: string): Promise<unknown> => {
        const sql = `explain (format json) select from direct.${relation} where ${column} = '${value}'`;
        return (await session.query(sql)).rows[0]['QUERY PLAN'][0].Plan['Plan Rows'];
      };
      expect([column, await rowsFor(held)]).toEqual([column, await rowsFor(free)]);
    }
  });

  test('no statistics, sequence value or row version of a table is shown', async () => {
    const count = async (sql: string) => (await session.query(sql)).rows[0]?.count;
    expect(await count("select count(*) from pg_stats where schemaname = 'public'")).toBe('0');
    expect(await outcome(session.query('table pg_statistic'))).toBe('42501');
    expect(await outcome(session.query('table public.task_id_seq'))).toBe('42501');
    expect(await outcome(session.query('select xmin from direct.task'))).toBe('42703');
  });

  test.each([
    ['a function', 'create function pg_temp.f() returns int language sql return 1'],
    ['a temporary table', 'create temp table t (i int)'],
    ['a view in their own schema', 'create view direct.v as table direct.task'],
    [
      'a trigger on a view',
      'create trigger t instead of insert on direct.task execute function f()',
    ],
    ['a rule on a view', 'create rule r as on insert to direct.task do also notify x'],
    ['an operator', 'create operator public.<<<< (leftarg = text, rightarg = text, function = f)'],
    ['the table itself', 'table public.task'],
  ])('a login cannot make or use %s to look inside', async (_, sql) => {
    expect(await outcome(session.query(sql))).toMatch(/^42(501|P01)$/);
  });
});

describe('the control: with a right on the tables', () => {
  beforeAll(async () => {
    const login = `todo_psql_${alice}`;
    await database.owner.query(
      `grant usage on schema public to ${login};
       grant select, delete, update (completed) on public.task to ${login};
       grant select, update (email) on public."user" to ${login}`,
    );
  });

  test('the same probes read texts, and the estimates show them', {
    timeout: 240_000,
  }, async () => {
    const thorough = SETTINGS.filter((setting) => setting.thorough);
    const told = await telling('public', texts, thorough, ATTEMPTS.slice(0, 3));
    // The review's probe: half an operator's price, and a trace that is free.
    expect(told.join('\n')).toContain("cpu_operator_cost '0x1p-1074'");
    expect(told.filter((line) => line.includes('union all')).length).toBeGreaterThan(0);
    expect(told.filter((line) => line.includes('(email)')).length).toBeGreaterThan(0);
  });
});
