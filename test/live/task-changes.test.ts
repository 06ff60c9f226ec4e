/** `taskChanges(since, first)` over HTTP: pages, cursors, what is refused, and nothing of anybody else. */
import { beforeAll, expect, test } from 'vitest';
import { useTestDatabase } from '../support/database.ts';
import { addTask, addUser, newUserId } from '../support/people.ts';
import { useTestServer } from '../support/server.ts';

const database = useTestDatabase();
const server = useTestServer(database);
const alice = newUserId();
const bob = newUserId();
const PAGE = `query ($since: Cursor, $first: Int) { taskChanges(since: $since, first: $first) {
  nodes { kind id cursor task { id title completed user { email } } } cursor hasMore resync } }`;

interface Change {
  readonly kind: string;
  readonly id: number;
  readonly cursor: string;
  readonly task: { readonly id: number; readonly title: string } | null;
}
interface Changes {
  readonly nodes: readonly Change[];
  readonly cursor: string;
  readonly hasMore: boolean;
  readonly resync: boolean;
}

const answer = (who: number, since?: string | null, first?: number) =>
  server.ask(who, PAGE, { since, first });

async function changes(who: number, since?: string | null, first?: number): Promise<Changes> {
  const { body } = await answer(who, since, first);
  expect(body.errors).toBeUndefined();
  return body.data.taskChanges;
}

beforeAll(async () => {
  for (const who of [alice, bob]) await server.ask(who, '{ me { id } }');
  await addTask(database.privileged, bob, 'Bob’s');
});

test('the whole list, then what has changed since, each row once with its newest state', async () => {
  const one = await addTask(database.privileged, alice, 'one');
  const two = await addTask(database.privileged, alice, 'two');
  const all = await changes(alice);
  expect(all).toMatchObject({
    nodes: [
      { kind: 'CREATED', id: one, task: { id: one, title: 'one', completed: false } },
      { kind: 'CREATED', id: two, task: { title: 'two' } },
    ],
    hasMore: false,
    resync: false,
  });
  expect(all.nodes.at(-1)?.cursor).toBe(all.cursor);
  expect(await changes(alice, all.cursor)).toMatchObject({ nodes: [], cursor: all.cursor });
  const three = await addTask(database.privileged, alice, 'three');
  await database.privileged.query("update public.task set title = 'TWO' where id = $1", [two]);
  await database.privileged.query("update public.task set title = 'III' where id = $1", [three]);
  await database.privileged.query('delete from public.task where id = $1', [one]);
  const since = await changes(alice, all.cursor);
  expect(since.nodes).toMatchObject([
    { kind: 'UPDATED', id: two, task: { title: 'TWO' } },
    { kind: 'CREATED', id: three, task: { title: 'III' } },
    { kind: 'DELETED', id: one, task: null },
  ]);
});

test('pages: first, hasMore, and the cursor of any change continues after it', async () => {
  const who = newUserId();
  await server.ask(who, '{ me { id } }');
  for (let i = 0; i < 5; i++) await addTask(database.privileged, who, `t${i}`);
  const titles = (page: Changes) => page.nodes.map(({ task }) => task?.title);
  const first = await changes(who, null, 2);
  expect([titles(first), first.hasMore]).toEqual([['t0', 't1'], true]);
  const second = await changes(who, first.cursor, 2);
  expect([titles(second), second.hasMore]).toEqual([['t2', 't3'], true]);
  expect(titles(await changes(who, first.nodes[0]?.cursor, 2))).toEqual(['t1', 't2']);
  const last = await changes(who, second.cursor, 2);
  expect([titles(last), last.hasMore]).toEqual([['t4'], false]);
  const none = await changes(who, first.cursor, 0);
  expect(none).toMatchObject({ nodes: [], hasMore: true });
  expect(titles(await changes(who, none.cursor, 9))).toEqual(['t2', 't3', 't4']);
});

test('a person without any change has a cursor to go on from', async () => {
  const who = newUserId();
  const empty = await changes(who);
  expect(empty).toMatchObject({ nodes: [], hasMore: false, resync: false });
  await addTask(database.privileged, who, 'first');
  expect((await changes(who, empty.cursor)).nodes).toMatchObject([{ kind: 'CREATED' }]);
});

test('a row that the person cannot read is DELETED', async () => {
  const who = newUserId();
  const { cursor } = await changes(who);
  const id = await addTask(database.privileged, who, 'hidden');
  // A second policy hides the row. The owner of the table, like everybody, is bound by it.
  await database.privileged.query(
    `create policy hidden on public.task as restrictive for select using (title <> 'hidden')`,
  );
  try {
    expect((await changes(who, cursor)).nodes).toMatchObject([{ kind: 'DELETED', id, task: null }]);
  } finally {
    await database.privileged.query('drop policy hidden on public.task');
  }
  expect((await changes(who, cursor)).nodes).toMatchObject([{ kind: 'CREATED', id }]);
});

test.each(['garbage', '', 'MTIz', Buffer.from(`${alice}//9`.repeat(50)).toString('base64url')])(
  'the cursor %o is refused',
  async (since) => {
    const { body } = await answer(alice, since);
    expect(body.errors[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'since' });
  },
);

test('the cursor of another person is refused', async () => {
  const { cursor } = await changes(bob);
  expect((await answer(alice, cursor)).body.errors[0].extensions.code).toBe('BAD_USER_INPUT');
  expect((await changes(bob, cursor)).nodes).toEqual([]);
});

test.each([-1, 201])('first: %i is refused', async (first) => {
  const { body } = await answer(alice, null, first);
  expect(body.errors[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'first' });
});

test('resync: another sequence, a version from the future, a deletion that is forgotten', async () => {
  const who = newUserId();
  await addUser(database.privileged, who);
  const id = await addTask(database.privileged, who, 'x');
  const { cursor } = await changes(who);
  const again = async (sql: string) => {
    await database.privileged.query(sql, [who]);
    const answered = await changes(who, cursor);
    expect(answered).toMatchObject({ nodes: [], hasMore: false, resync: true });
    // The cursor of the answer is the present one.
    expect(await changes(who, answered.cursor)).toMatchObject({ resync: false });
    expect((await changes(who)).nodes.map((change) => change.id)).toEqual([id]);
  };
  const table = 'app_private.person_version';
  const { rows } = await database.privileged.query(
    `select epoch from ${table} where user_id = $1`,
    [who],
  );
  const back = `update ${table} set epoch = '${rows[0].epoch}', version = 1, pruned = 0 where user_id = $1`;
  await again(`update ${table} set epoch = gen_random_uuid() where user_id = $1`);
  await database.privileged.query(back, [who]);
  expect((await changes(who, cursor)).resync).toBe(false);
  await again(`update ${table} set version = 0 where user_id = $1`);
  await database.privileged.query(back, [who]);
  await again(`update ${table} set version = 5, pruned = 3 where user_id = $1`);
});

test('deletions older than 30 days are forgotten, with the person’s own later deletions', async () => {
  const who = newUserId();
  await addUser(database.privileged, who);
  const old = await addTask(database.privileged, who, 'old');
  const { cursor } = await changes(who);
  await database.privileged.query('delete from public.task where id = $1', [old]);
  const between = await changes(who, cursor);
  await database.privileged.query(
    `update app_private.change set changed_at = now() - interval '31 days' where user_id = $1`,
    [who],
  );
  const many = `insert into public.task (title, user_id) select 'n', $1 from generate_series(1, 64)`;
  await database.privileged.query(many, [who]);
  await database.privileged.query('delete from public.task where user_id = $1', [who]);
  expect((await changes(who, cursor)).resync).toBe(true);
  // Whoever knew of the deletion goes on.
  expect((await changes(who, between.cursor, 200)).nodes).toHaveLength(64);
});

test('a table that nobody watches has no such field', async () => {
  const { body } = await server.ask(alice, '{ userChanges { cursor } }');
  expect(body.errors[0].message).toMatch(/Cannot query field/);
});
