/**
 * The SQL of the next developer, saved into current.sql under a running server: a column more, and each kind
 * of table and function. What a save brings is asked for over HTTP. The last test commits it all.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useCheckout } from '../support/checkout.ts';
import {
  ENUM,
  FUNCTIONS,
  JOIN_TABLE,
  MEMBER,
  OTHER_OWNER,
  PARTITIONED,
  REFERENCE_TABLE,
  VIEW,
} from '../support/kinds.ts';
import { query, ready, runScript, type Started } from '../support/process.ts';

const checkout = useCheckout(() => ({}));
let server: Started;
let url: string;
let alice: string;
let bob: string;

beforeAll(async () => {
  server = runScript('src/main.ts', ['--watch'], {}, undefined, checkout.root, true);
  const started = await ready(server);
  url = started.url;
  [alice = '', bob = ''] = started.tokens;
  await server.until(/current\.sql was run/);
}, 120_000);
afterAll(async () => {
  server.child.kill('SIGTERM');
  await server.exit;
}, 60_000);

const saved: string[] = [];

const DONE = /current\.sql was run; done|Save the file to try again/;

/**
 * Saves all SQL so far and this; returns what the watcher printed, up to what is awaited. The watcher may run the save
 * before once more, and print that first.
 */
async function save(sql: string, awaited = DONE): Promise<string> {
  const before = server.output().length;
  checkout.save([...saved, sql].join('\n'));
  const printed = () => server.output().slice(before);
  await expect.poll(printed, { timeout: 60_000, interval: 50 }).toMatch(awaited);
  return printed();
}

let saves = 0;

/** Saves SQL that runs and is clean, and keeps it for the saves to come. Returns when the API has it. */
async function add(sql: string): Promise<void> {
  const mark = `Save ${++saves}.`;
  const printed = await save(`${sql}\ncomment on column public.task.title is '${mark}';`);
  const title = '{ __type(name: "Task") { fields { name description } } }';
  await expect
    .poll(async () => JSON.stringify(await data(alice, title)), { timeout: 60_000 })
    .toContain(mark);
  expect(printed).toMatch(/current\.sql was run; done/);
  expect(printed).not.toMatch(/error|warning/);
  saved.push(sql);
}

// biome-ignore lint/suspicious/noExplicitAny: tests read answers as a client without types would
async function data(token: string, text: string): Promise<any> {
  const answer = await query(url, token, text);
  expect(answer.errors).toBeUndefined();
  return answer.data;
}

const codeOf = async (token: string, text: string): Promise<string | undefined> =>
  (await query(url, token, text)).errors?.[0]?.extensions?.code;

test('a column more on "user" and on task', { timeout: 120_000 }, async () => {
  await add(`
    alter table public."user" drop column if exists nickname;
    alter table public."user" add column nickname text not null default 'me';
    comment on column public."user".nickname is 'What the person wants to be called.';
    alter table public.task drop column if exists place;
    alter table public.task add column place text;
    grant insert (place), update (place) on public.task to todo_user;
    comment on column public.task.place is 'Where it is to be done.';`);
  expect((await data(alice, '{ me { id nickname } }')).me).toEqual({ id: 1, nickname: 'me' });

  const create = (place: string) =>
    `mutation { createTask(input: { task: { title: "t", place: "${place}" }, idempotencyKey: "k" })
      { task { id place updatedAt } } }`;
  const { task } = (await data(alice, create('here'))).createTask;
  expect(task).toMatchObject({ place: 'here', updatedAt: null });
  expect((await data(alice, create('here'))).createTask.task).toEqual(task);
  expect(await codeOf(alice, create('there'))).toBe('CONFLICT');

  const move = (place: string) =>
    `mutation { updateTask(input: { id: ${task.id}, patch: { place: "${place}" }, expectedUpdatedAt: null })
      { task { place updatedAt } } }`;
  const moved = (await data(alice, move('there'))).updateTask.task;
  expect(moved).toEqual({ place: 'there', updatedAt: expect.any(String) });
  expect(await codeOf(alice, move('elsewhere'))).toBe('CONFLICT');
  expect((await data(alice, `{ task(id: ${task.id}) { place updatedAt } }`)).task).toEqual(moved);
});

test('a function that is wrong is named with its line, also one that another change breaks', {
  timeout: 120_000,
}, async () => {
  const wrong = await save(
    `create or replace function public.wrong() returns integer language sql stable
    begin atomic
      select count(*)::integer from public.task;
    end;
    create or replace function public.wrong_text() returns integer language sql stable as $$
      select count(*)::integer from public.task where titel = 'x';
    $$;`,
    /function public\.wrong_text\(\).*until the next save\./s,
  );
  expect(wrong).toMatch(
    /current\.sql:\d+:\d+: function public\.wrong_text\(\): column "titel" does not exist \(42703\)/,
  );
  expect(wrong).toMatch(/\| +select count\(\*\)::integer from public\.task where titel = 'x';\n/);
  expect(wrong).toContain(
    'your development database keeps the function as it is until the next save.',
  );

  await add(`drop function if exists public.wrong_text(), public.wrong(), public.places();
    create function public.places() returns text language sql stable as 'select max(place) from public.task';
    comment on function public.places() is 'A function whose body PostgreSQL reads at each call.';`);
  saved.pop();
  await save(
    'alter table public.task drop column place;',
    /current\.sql: function public\.places\(\): column "place" does not exist \(42703\)\n.*Create the function again/s,
  );
  await add('drop function if exists public.places();');
});

test('functions in SQL: a set, a number, one row or none, a computed column', {
  timeout: 120_000,
}, async () => {
  // Functions and the view use the column, so they go first when the file runs again.
  saved.unshift(`drop view if exists public.pressing_task;
    drop function if exists public.urgent_count(), public.urgent_tasks(), public.finish_urgent();`);
  await add(`${ENUM}${FUNCTIONS}`);
  const make = (title: string, priority: string) =>
    data(
      alice,
      `mutation { createTask(input: { task: { title: "${title}", priority: ${priority} } }) { task { id } } }`,
    );
  await make('urgent', 'high');
  await make('can wait', 'low');
  const QUERY = '{ urgentCount urgentTasks { nodes { title isLong priority } } }';
  expect(await data(alice, QUERY)).toEqual({
    urgentCount: 1,
    urgentTasks: { nodes: [{ title: 'urgent', isLong: false, priority: 'high' }] },
  });
  expect(await data(bob, QUERY)).toEqual({ urgentCount: 0, urgentTasks: { nodes: [] } });
  const FINISH =
    'mutation { finishTask(input: { pTitle: "urgent" }) { task { title completed } } }';
  expect((await data(bob, FINISH)).finishTask).toEqual({ task: null });
  expect((await data(alice, FINISH)).finishTask.task).toEqual({ title: 'urgent', completed: true });
  const { finishUrgent } = await data(alice, 'mutation { finishUrgent { tasks { title } } }');
  expect(finishUrgent).toEqual({ tasks: [{ title: 'urgent' }] });
});

test('a view, a join table without id, a reference table, a partitioned one, an owner of another name', {
  timeout: 120_000,
}, async () => {
  await add([VIEW, JOIN_TABLE, REFERENCE_TABLE, PARTITIONED, OTHER_OWNER].join('\n'));
  // The save has made the column priority again.
  await data(
    alice,
    'mutation { createTask(input: { task: { title: "urgent", priority: high } }) { task { id } } }',
  );
  const PRESSING = '{ pressingTasks { nodes { title } } }';
  expect((await data(alice, PRESSING)).pressingTasks.nodes).toEqual([{ title: 'urgent' }]);
  expect((await data(bob, PRESSING)).pressingTasks.nodes).toEqual([]);

  const tag = await data(
    alice,
    'mutation { createTag(input: { tag: { name: "red" } }) { tag { id } } }',
  );
  const { nodes } = (await data(alice, '{ tasks { nodes { id } } }')).tasks;
  const JOIN = `mutation { createTaskTag(input: { taskTag: { taskId: ${nodes[0].id}, tagId: ${tag.createTag.tag.id} } })
    { taskTag { tag { name } } } }`;
  // Bob may not attach to Alice's task: the foreign key has the owner in it.
  expect(await codeOf(bob, JOIN)).toBe('CONFLICT');
  expect((await data(alice, JOIN)).createTaskTag.taskTag.tag).toEqual({ name: 'red' });
  expect(
    (await data(alice, '{ tags { nodes { taskTags { nodes { task { id } } } } } }')).tags.nodes,
  ).toEqual([{ taskTags: { nodes: [{ task: { id: nodes[0].id } }] } }]);
  // The key contains the owner, as docs/conventions.md says.
  const KEY = `taskId: ${nodes[0].id}, tagId: ${tag.createTag.tag.id}`;
  const FIND = `{ taskTag(userId: 1, ${KEY}) { tag { name } } }`;
  expect((await data(alice, FIND)).taskTag).toEqual({ tag: { name: 'red' } });
  expect((await data(bob, FIND)).taskTag).toBeNull();

  for (const token of [alice, bob]) {
    expect(
      (await data(token, '{ countries(orderBy: [CODE_ASC]) { nodes { code name } } }')).countries
        .nodes,
    ).toEqual([
      { code: 'DE', name: 'Germany' },
      { code: 'FR', name: 'France' },
    ]);
  }

  await data(alice, 'mutation { createEvent(input: { event: { title: "e" } }) { event { id } } }');
  await data(
    alice,
    'mutation { createPost(input: { post: { body: "p" }, idempotencyKey: "k" }) { post { id } } }',
  );
  const OWN = '{ events { nodes { title } } posts { nodes { body author { id } } } }';
  expect(await data(alice, OWN)).toEqual({
    events: { nodes: [{ title: 'e' }] },
    posts: { nodes: [{ body: 'p', author: { id: 1 } }] },
  });
  expect(await data(bob, OWN)).toEqual({ events: { nodes: [] }, posts: { nodes: [] } });
});

test('a table of members: everybody in the list reads and adds items, nobody else does', {
  timeout: 120_000,
}, async () => {
  await add(MEMBER);
  // The watcher may have run an earlier save again, and its line counts for this one.
  await expect.poll(() => codeOf(alice, '{ items { totalCount } }')).toBeUndefined();
  const create = (title: string, listId: number) =>
    `mutation { createItem(input: { item: { title: "${title}", listId: ${listId} } }) { item { title } } }`;
  await data(alice, create('shared', 7));
  await data(bob, create('from Bob', 7));
  await data(alice, create('her own', 8));
  expect(await codeOf(bob, create('intruded', 8))).toBe('FORBIDDEN');
  const titles = async (token: string) =>
    (await data(token, '{ items { nodes { title } } }')).items.nodes.map(
      ({ title }: { title: string }) => title,
    );
  expect((await titles(alice)).sort()).toEqual(['from Bob', 'her own', 'shared']);
  expect((await titles(bob)).sort()).toEqual(['from Bob', 'shared']);
});

test('a function that reads other people’s rows is an error at the save; on owned tables it reads none', {
  timeout: 120_000,
}, async () => {
  const definer = (name: string, from: string) => `
    drop function if exists public.${name}();
    create function public.${name}() returns integer
      language sql stable security definer set search_path = ''
      return (select count(*) from ${from});
    grant execute on function public.${name}() to todo_user;
    comment on function public.${name}() is 'A number.';`;
  await save(
    definer('everybody', 'app_private.email_digest'),
    /error {2}FUNCTION_READS_PRIVATE {2}public\.everybody\(\)\n {2}\S.*\n {2}fix: revoke/,
  );
  await add(`drop function if exists public.everybody();${definer('all_tasks', 'public.task')}`);
  const COUNT = '{ allTasks tasks { totalCount } }';
  for (const token of [alice, bob]) {
    const { allTasks, tasks } = await data(token, COUNT);
    expect(allTasks).toBe(tasks.totalCount);
  }
});

test('all of it is committed, and the account can still be deleted', {
  timeout: 180_000,
}, async () => {
  const { code, stderr } = await checkout.db('commit', '-m', 'more');
  expect(stderr).toContain('Committed.');
  expect(code).toBe(0);
  expect((await data(bob, 'mutation { deleteMe { user { id nickname } } }')).deleteMe.user).toEqual(
    { id: 2, nickname: 'me' },
  );
});
