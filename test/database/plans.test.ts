/**
 * The plans of the server's own SQL, run as the request's role under its claim: the statements are taken
 * from the wire, not written down here. Numbers of buffers do not depend on how busy the machine is.
 */
import { escapeLiteral } from 'pg';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { sessionSettings } from '../../src/database/session.ts';
import { useCountingProxy } from '../support/counting-proxy.ts';
import { useTestDatabase } from '../support/database.ts';
import { useTestServer } from '../support/server.ts';

/** One person with many tasks among two hundred with a hundred each. */
const BUSY = 1000;
const PAGE = 50;

/** What the InitPlan of select_own found: it is written so since PostgreSQL 17, before as a parameter. */
const IDENTITY =
  inject('postgres') >= 17 ? /^\(*user_id = \(InitPlan \d+\)\.col1\)/ : /^\(*user_id = \$\d+\)/;

interface Plan {
  readonly 'Node Type': string;
  readonly 'Parent Relationship'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly 'Actual Loops': number;
  readonly 'Actual Rows': number;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly Plan[];
}

const database = useTestDatabase();
const proxy = useCountingProxy(database.urls.authenticator);
const server = useTestServer(database, {
  get authenticatorUrl() {
    return proxy.url(database.urls.authenticator);
  },
});
beforeAll(async () => {
  await database.privileged.query(`
    insert into "user" (id, email) select n, 'u' || n || '@example.com' from generate_series(1, 200) n;
    insert into "user" (id, email) values (${BUSY}, 'user${BUSY}@example.com');
    -- Interleaved, as people make them: nobody's tasks lie side by side on the disk.
    insert into task (title, description, completed, user_id)
      select 'task ' || n, repeat('x', 60), n % 3 = 0, case when n % 5 = 0 then ${BUSY} else 1 + n % 200 end
      from generate_series(1, 30000) n;
    analyze;
  `);
}, 60_000);

/** The statement that an operation sends for its tasks, with its parameters. */
async function statementOf(query: string, variables: object) {
  const { bound } = await proxy.during(async () => {
    const { body } = await server.ask(BUSY, query, variables);
    expect(body.errors).toBeUndefined();
  });
  const [statement, ...others] = bound.filter(({ text }) => /"task"/.test(text));
  if (!statement || others.length > 0) throw new Error('not one statement on task');
  return statement;
}

/** Explained as the server runs it: on its own login, as todo_user, prepared. */
async function explain(mode: 'custom' | 'generic', query: string, variables: object) {
  const { text, values } = await statementOf(query, variables);
  const { authenticator } = database;
  const identity = { userId: BUSY, email: null, issuedAt: 0, expiresAt: 0 };
  const settings = sessionSettings(identity.userId, 5000);
  await authenticator.query('begin');
  try {
    for (const [name, value] of Object.entries(settings)) {
      await authenticator.query('select set_config($1, $2, true)', [name, value]);
    }
    await authenticator.query(`set local plan_cache_mode = force_${mode}_plan`);
    await authenticator.query(`prepare page as ${text}`);
    const literals = values.map((value) => (value === null ? 'null' : escapeLiteral(value)));
    const { rows } = await authenticator.query(
      `explain (analyze, buffers, format json) execute page ${values.length > 0 ? `(${literals})` : ''}`,
    );
    return rows[0]['QUERY PLAN'][0].Plan as Plan;
  } finally {
    await authenticator.query('rollback');
    await authenticator.query('deallocate all');
  }
}

const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];

/** What holds for every page and every point read of a person, however many tasks there are. */
function expectCheap(plan: Plan): void {
  const nodes = nodesOf(plan);
  const types = nodes.map((node) => node['Node Type']);
  // Seq Scan, Sort, Incremental Sort, Bitmap Heap Scan, Gather …: nothing but one range of one index.
  expect(types.filter((type) => !/^(Limit|Result|Index (Only )?Scan)$/.test(type))).toEqual([]);
  const [scan, ...others] = nodes.filter((node) => node['Index Name'] !== undefined);
  expect(others).toEqual([]);
  expect(scan?.['Index Name']).toMatch(/^task_user_id/);
  expect(scan?.['Index Cond']).toMatch(IDENTITY);
  // The identity is read once, not for each row.
  const initPlans = nodes.filter((node) => node['Parent Relationship'] === 'InitPlan');
  expect(initPlans.map((node) => node['Actual Loops'])).toEqual([1]);
  expect(plan['Shared Hit Blocks'] + plan['Shared Read Blocks']).toBeLessThanOrEqual(60);
}

describe.each(['custom', 'generic'] as const)('with a %s plan', (mode) => {
  test('the newest fifty are one range of the index, in its order', async () => {
    const query = `{ tasks(first: ${PAGE}) { nodes { id title description completed createdAt } } }`;
    const plan = await explain(mode, query, {});
    expect(plan['Actual Rows']).toBe(PAGE);
    expectCheap(plan);
  });

  test.each([true, false])('so is a page of those with completed: %s', async (completed) => {
    const query = `query ($completed: Boolean!) {
      tasks(first: ${PAGE}, condition: {completed: $completed}) { nodes { id title completed } } }`;
    const plan = await explain(mode, query, { completed });
    expect(plan['Actual Rows']).toBe(PAGE);
    expectCheap(plan);
  });

  test('so is a page at any depth of a large account', async () => {
    const { rows } = await database.privileged.query(
      `select count(*)::int as n, percentile_disc(0.5) within group (order by id) as middle
       from task where user_id = ${BUSY}`,
    );
    expect(rows[0].n).toBeGreaterThan(5000);
    const query = `query ($after: Cursor) {
      tasks(first: ${PAGE}, after: $after) { nodes { id title completed } } }`;
    const plan = await explain(mode, query, { after: await cursorOf(rows[0].middle) });
    expect(plan['Actual Rows']).toBe(PAGE);
    expectCheap(plan);
  });

  test('one task is one look-up, of an owner and an id', async () => {
    const { rows } = await database.privileged.query(
      `select max(id) as id from task where user_id = ${BUSY}`,
    );
    const query = 'query ($id: Int!) { task(id: $id) { id title completed } }';
    const plan = await explain(mode, query, rows[0]);
    expect(plan['Actual Rows']).toBe(1);
    expect(plan['Shared Hit Blocks'] + plan['Shared Read Blocks']).toBeLessThanOrEqual(5);
  });
});

// Last, for it throws away what the others read.
test('the newest fifty are one range of the index while the table is small, too', async () => {
  await database.privileged.query(`
    truncate task;
    insert into task (title, user_id)
      select 'task ' || n, case when n % 100 = 0 then ${BUSY} else n % 100 end
      from generate_series(1, 10000) n;
    analyze task;
  `);
  const query = `{ tasks(first: ${PAGE}) { nodes { id title completed createdAt updatedAt } } }`;
  for (const mode of ['custom', 'generic'] as const) expectCheap(await explain(mode, query, {}));
});

/** The cursor of a task, as the API itself makes it. */
async function cursorOf(id: number): Promise<string> {
  const first = await server.ask(BUSY, '{ tasks(first: 1) { edges { cursor } } }');
  const [digest] = JSON.parse(atob(first.body.data.tasks.edges[0].cursor));
  return btoa(JSON.stringify([digest, id]));
}
