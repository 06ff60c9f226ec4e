/**
 * Every filter and order that the API offers, in the SQL that it really sends, planned by PostgreSQL as
 * the role that runs it: an index that leads with the owner bounds every look at the table.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { sessionSettings } from '../../src/database/session.ts';
import { useCountingProxy } from '../support/counting-proxy.ts';
import { asUser, useTestDatabase } from '../support/database.ts';
import { useTestServer } from '../support/server.ts';
import { dataOf } from '../support/tasks.ts';

const database = useTestDatabase();
const proxy = useCountingProxy(database.urls.authenticator);
const server = useTestServer(database, {
  get authenticatorUrl() {
    return proxy.url(database.urls.authenticator);
  },
});

const WHO = 61;

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Plans?: readonly PlanNode[];
}

beforeAll(async () => {
  dataOf(await server.ask(WHO, '{ me { id } }'));
  // Everybody's rows lie among everybody else's, and one person's are a hundredth of them.
  await database.privileged.query(`
    insert into public."user" (id, email) select n, n || '@plans.test' from generate_series(1000, 1299) as n;
    insert into public.task (title, completed, user_id)
      select 'task ' || n, n % 3 = 0, case when n % 100 = 0 then ${WHO} else 1000 + n % 300 end
      from generate_series(1, 40000) as n;
    analyze public.task;`);
});

/** The plans of the statements on this table that answering this query took. */
async function plans(selection: string, table = 'task'): Promise<PlanNode[]> {
  const { bound } = await proxy.during(async () => dataOf(await server.ask(WHO, selection)));
  const statements = bound.filter(({ text }) => text.includes(`"${table}"`));
  expect(statements.length).toBeGreaterThan(0);
  return asUser(database.authenticator, WHO, async (client) => {
    const identity = { userId: WHO, email: null, issuedAt: 0, expiresAt: 0 };
    for (const setting of Object.entries(sessionSettings(identity.userId, 5000))) {
      await client.query('select set_config($1, $2, true)', setting);
    }
    const found: PlanNode[] = [];
    for (const { text, values } of statements) {
      const { rows } = await client.query({ text: `explain (format json) ${text}`, values });
      found.push(rows[0]['QUERY PLAN'][0].Plan);
    }
    return found;
  });
}

const nodes = (plan: PlanNode): PlanNode[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];

/** Scans of task, with the index conditions that a bitmap scan keeps one level below. */
const scans = (all: readonly PlanNode[]) => all.filter((node) => /Scan/.test(node['Node Type']));

function expectOwnersRowsOnly(all: readonly PlanNode[]): void {
  const onTask = scans(all).filter(
    (node) => node['Relation Name'] === 'task' || node['Index Name']?.startsWith('task_'),
  );
  expect(onTask.length).toBeGreaterThan(0);
  for (const node of onTask) {
    if (node['Node Type'] === 'Bitmap Heap Scan') continue;
    expect(node['Index Name']).toMatch(/^task_user_id_/);
    expect(node['Index Cond']).toContain('user_id = ');
  }
}

const TIME = '"2026-01-01T00:00:00Z"';
const CONDITIONS = [
  'completed: true',
  `createdSince: ${TIME}`,
  `createdBefore: "2999-01-01T00:00:00Z"`,
  `updatedSince: ${TIME}`,
  `updatedBefore: "2999-01-01T00:00:00Z"`,
  'updatedIsNull: false',
  'descriptionIsNull: true',
  'search: "task 1"',
];
const COLUMNS = ['ID', 'CREATED_AT', 'UPDATED_AT', 'TITLE', 'COMPLETED'];
const ORDERS = COLUMNS.flatMap((column) => [`${column}_ASC`, `${column}_DESC`]);

const list = (args: string) =>
  `{ tasks(first: 10${args}) { totalCount nodes { title } pageInfo { hasNextPage } } }`;

test('the cases are all that the API offers', async () => {
  const query = `{ c: __type(name: "TaskCondition") { inputFields { name } }
    o: __type(name: "TaskOrderBy") { enumValues { name } } }`;
  const { c, o } = dataOf(await server.ask(WHO, query));
  const names = (all: { name: string }[]) => all.map(({ name }) => name).sort();
  expect(names(c.inputFields)).toEqual(CONDITIONS.map((text) => text.split(':')[0]).sort());
  expect(names(o.enumValues)).toEqual(ORDERS.toSorted());
});

describe('only the owner’s rows are looked at', () => {
  test.each(CONDITIONS)('with the condition %s', async (condition) => {
    for (const plan of await plans(list(`, condition: {${condition}}`))) {
      expectOwnersRowsOnly(nodes(plan));
    }
  });
  test.each(ORDERS)('in the order %s, first page and the one after a cursor', async (order) => {
    const query = `{ tasks(first: 10, orderBy: ${order}) { pageInfo { endCursor } } }`;
    const { tasks } = dataOf(await server.ask(WHO, query));
    const next = list(`, orderBy: ${order}, after: "${tasks.pageInfo.endCursor}"`);
    for (const plan of [...(await plans(query)), ...(await plans(next))]) {
      expectOwnersRowsOnly(nodes(plan));
    }
  });
});

describe('a page is read in order, without sorting', () => {
  test.each(ORDERS.filter((order) => !/TITLE|UPDATED/.test(order)))('%s', async (order) => {
    const query = `{ tasks(first: 10, orderBy: ${order}) { nodes { title } pageInfo { endCursor } } }`;
    const { tasks } = dataOf(await server.ask(WHO, query));
    const next = query.replace('first: 10', `first: 10, after: "${tasks.pageInfo.endCursor}"`);
    for (const plan of await plans(next)) {
      const types = nodes(plan).map((node) => node['Node Type']);
      expect(types.filter((type) => /Sort|Seq Scan/.test(type))).toEqual([]);
    }
  });
  test('nor with the default order and a filter on completed', async () => {
    for (const plan of await plans(
      '{ tasks(condition: {completed: false}) { nodes { title } } }',
    )) {
      expect(nodes(plan).map((node) => node['Node Type'])).not.toContain('Sort');
      expect(nodes(plan).map((node) => node['Index Name'])).toContain('task_user_id_completed_idx');
    }
  });
  test('and what has no index of its own is sorted among the owner’s rows only', async () => {
    const [plan] = await plans('{ tasks(first: 10, orderBy: TITLE_ASC) { nodes { title } } }');
    expect(plan && nodes(plan).map((node) => node['Node Type'])).toContain('Sort');
  });
  test('an index with the collation of the API gives the order of titles, and a default one does not', async () => {
    const query =
      '{ tasks(first: 10, orderBy: TITLE_ASC) { nodes { title } pageInfo { endCursor } } }';
    const { tasks } = dataOf(await server.ask(WHO, query));
    const next = query.replace('first: 10', `first: 10, after: "${tasks.pageInfo.endCursor}"`);
    const sorts = async (column: string) => {
      await database.owner.query(
        `create index task_user_id_title on public.task (user_id, ${column}, id)`,
      );
      const [plan] = await plans(next);
      await database.owner.query('drop index public.task_user_id_title');
      const all = plan ? nodes(plan) : [];
      return [
        all.some((node) => node['Node Type'] === 'Sort'),
        all.some((node) => node['Index Name'] === 'task_user_id_title'),
      ];
    };
    expect(await sorts('title collate "und-x-icu"')).toEqual([false, true]);
    expect((await sorts('title'))[0]).toBe(true);
  });
  test('a nullable column is read from an index that says whether there is a value', async () => {
    await database.owner.query(`
      create table public.bill (
        id integer generated always as identity primary key, due_on date,
        user_id integer not null default app_private.current_user_id() references public."user" (id)
      );
      create index bill_due on public.bill (user_id, (due_on is null), due_on, id);
      alter table public.bill enable row level security, force row level security;
      create policy select_own on public.bill for select
        using (user_id = (select app_private.current_user_id()));
      grant select on public.bill to todo_user;`);
    await database.privileged.query(`
      insert into public.bill (due_on, user_id) select case when n % 3 > 0 then '2026-01-01'::date + n % 50 end, ${WHO}
        from generate_series(1, 2000) as n;
      analyze public.bill;`);
    await server.reload();
    const [plan] = await plans(
      '{ bills(first: 10, orderBy: DUE_ON_ASC) { nodes { dueOn } } }',
      'bill',
    );
    const all = plan ? nodes(plan) : [];
    expect(all.map((node) => node['Index Name'])).toContain('bill_due');
    expect(all.map((node) => node['Node Type'])).not.toContain('Sort');
  });
});

describe('mutations of many rows look at the owner’s rows only', () => {
  test.each([
    [
      'update',
      'updateTasks',
      (ids: string) => `ids: [${ids}], patch: {title: "x"}`,
      'tasks { id }',
    ],
    ['delete', 'deleteTasks', (ids: string) => `ids: [${ids}]`, 'ids'],
  ])('%s', async (_, field, input, payload) => {
    for (const n of [1, 20, 100]) {
      const { nodes: rows } = dataOf(
        await server.ask(WHO, `{ tasks(first: ${n}) { nodes { id } } }`),
      ).tasks;
      const ids = rows.map(({ id }: { id: number }) => id).join();
      const [plan] = await plans(`mutation { ${field}(input: {${input(ids)}}) { ${payload} } }`);
      expectOwnersRowsOnly(plan ? nodes(plan) : []);
    }
  });
  test.each(['setAllTasksCompleted(input: {completed: true})', 'clearCompletedTasks'])(
    '%s is a function, whose statement has no condition but the policy’s and its own',
    async (call) => {
      const body = /set/.test(call)
        ? 'update public.task as t set completed = true where t.completed <> true returning t.id, t'
        : 'delete from public.task as t where t.completed returning t.id, t';
      const plan = await asUser(database.authenticator, WHO, async (client) => {
        const { rows } = await client.query(`explain (format json) ${body}`);
        return rows[0]['QUERY PLAN'][0].Plan as PlanNode;
      });
      expectOwnersRowsOnly(nodes(plan));
    },
  );
});
