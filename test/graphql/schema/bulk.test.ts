/** Mutations of many rows: one statement, all or nothing, in the order of the input, for any owned table. */
import { beforeAll, describe, expect, test } from 'vitest';
import { useTestDatabase } from '../../support/database.ts';
import { type Executor, useExecutor } from '../../support/executors.ts';
import { ENUM, OTHER_OWNER, PARTITIONED } from '../../support/kinds.ts';
import { useTestServer } from '../../support/server.ts';
import { createTask, dataOf, errorOf, TASK } from '../../support/tasks.ts';

/** A table with a plural of its own, a unique rule, defaults, a list, JSON, and a generated column. */
const COUNTRIES = `
create table public.country (
  id integer generated always as identity primary key,
  name text not null,
  tags text[] not null default '{none}',
  facts jsonb not null default '{}',
  loud text generated always as (upper(name)) stored,
  priority public.priority not null default 'low',
  user_id integer not null default app_private.current_user_id() references public."user" (id) on delete cascade,
  constraint country_name_key unique (user_id, name),
  constraint country_name_not_blank check (name ~ '[^[:space:]]')
);
alter table public.country enable row level security, force row level security;
create index country_user_id_idx on public.country (user_id, id);
create policy select_own on public.country for select using (user_id = (select app_private.current_user_id()));
create policy insert_own on public.country for insert with check (user_id = (select app_private.current_user_id()));
create policy update_own on public.country for update using (user_id = (select app_private.current_user_id()))
  with check (user_id = (select app_private.current_user_id()));
grant select, insert (name, tags, facts, priority), update (name, tags) on public.country to todo_user;
comment on constraint country_name_not_blank on public.country is 'name must not be blank';`;

const database = useTestDatabase();
beforeAll(() => database.owner.query([ENUM, COUNTRIES, PARTITIONED, OTHER_OWNER].join('\n')));
const executors: Record<string, Executor> = {
  compiled: useExecutor(database, 'compiled'),
  grafast: useExecutor(database, 'grafast'),
};

const CREATE = `mutation ($tasks: [TaskInput!]!, $key: String) {
  createTasks(input: {tasks: $tasks, idempotencyKey: $key}) { tasks { ${TASK} } } }`;
const UPDATE = `mutation ($ids: [Int!]!, $patch: TaskPatch!) {
  updateTasks(input: {ids: $ids, patch: $patch}) { tasks { ${TASK} } } }`;
const DELETE = 'mutation ($ids: [Int!]!) { deleteTasks(input: {ids: $ids}) { ids } }';
const MISSING = 2_000_000_000;

const rowsOf = async (who: number) =>
  (
    await database.privileged.query(
      'select id, title, completed from public.task where user_id = $1 order by id',
      [who],
    )
  ).rows;

describe.each(Object.keys(executors))('%s', (name) => {
  const base = name === 'compiled' ? 350 : 370;
  const { server, tell } = executors[name] as Executor;
  const make = async (who: number, ...titles: string[]): Promise<number[]> => {
    const { createTasks } = dataOf(
      await server.ask(who, CREATE, { tasks: titles.map((title) => ({ title })) }),
    );
    return createTasks.tasks.map(({ id }: { id: number }) => id);
  };

  test('creates rows in the order of the input, with the defaults of what is left out', async () => {
    const tasks = [
      { title: 'c' },
      { title: 'a', completed: true },
      { title: 'b', description: 'd', priority: 'high' },
    ];
    const { createTasks } = dataOf(
      await server.ask(
        base,
        `mutation ($tasks: [TaskInput!]!) { createTasks(input: {tasks: $tasks}) {
          tasks { id title completed description priority user { id } } query { tasks { totalCount } } } }`,
        { tasks },
      ),
    );
    expect(createTasks.tasks).toEqual([
      expect.objectContaining({
        title: 'c',
        completed: false,
        priority: 'low',
        user: { id: base },
      }),
      expect.objectContaining({ title: 'a', completed: true, description: null }),
      expect.objectContaining({ title: 'b', description: 'd', priority: 'high' }),
    ]);
    const ids = createTasks.tasks.map(({ id }: { id: number }) => id);
    expect(ids).toEqual(ids.toSorted((a: number, b: number) => a - b));
    expect(createTasks.query.tasks.totalCount).toBe(3);
  });

  test('a hundred rows are one round trip, in each mutation', async () => {
    const who = base + 1;
    const tasks = Array.from({ length: 100 }, (_, i) => ({ title: `t${i}` }));
    const made = await tell(who, CREATE, { tasks });
    expect(made.roundTrips).toBe(1);
    const rows = JSON.parse(made.body).data.createTasks.tasks;
    expect(rows.map(({ title }: { title: string }) => title)).toEqual(
      tasks.map(({ title }) => title),
    );
    const ids = rows.map(({ id }: { id: number }) => id).toReversed();
    const changed = await tell(who, UPDATE, { ids, patch: { completed: true } });
    expect(changed.roundTrips).toBe(1);
    expect(
      JSON.parse(changed.body).data.updateTasks.tasks.map(({ id }: { id: number }) => id),
    ).toEqual(ids);
    const gone = await tell(who, DELETE, { ids });
    expect(gone.roundTrips).toBe(1);
    expect(JSON.parse(gone.body).data.deleteTasks.ids).toEqual(ids);
    expect(await rowsOf(who)).toEqual([]);
  });

  test('an error names the item and its field, and nothing is created', async () => {
    const who = base + 2;
    for (const bad of [0, 1, 4, 6]) {
      const tasks = Array.from({ length: 7 }, (_, i) => ({ title: i === bad ? ' ' : `t${i}` }));
      const { body } = await server.ask(who, CREATE, { tasks });
      expect(body.errors[0]).toMatchObject({
        message: 'title must not be blank.',
        path: ['createTasks'],
        extensions: { code: 'BAD_USER_INPUT', field: `tasks[${bad}].title` },
      });
    }
    expect(await rowsOf(who)).toEqual([]);
  });

  test('a row that breaks a unique rule with an earlier one of the list is the one that is named', async () => {
    const text = `mutation ($names: [CountryInput!]!) { createCountries(input: {countries: $names}) { countries { id name } } }`;
    const { body } = await server.ask(base, text, {
      names: [{ name: 'a' }, { name: 'b' }, { name: 'a' }, { name: ' ' }],
    });
    expect(body.errors[0].extensions).toEqual({
      code: 'CONFLICT',
      reason: 'EXISTS',
      field: 'countries[2].name',
    });
  });

  test.each([
    ['create', CREATE, { tasks: [] }, 'tasks must not be empty.', 'tasks'],
    ['update', UPDATE, { ids: [], patch: { title: 'x' } }, 'ids must not be empty.', 'ids'],
    ['delete', DELETE, { ids: [] }, 'ids must not be empty.', 'ids'],
    [
      'update',
      UPDATE,
      { ids: [1, 2, 1], patch: { title: 'x' } },
      'ids must not have an id twice.',
      'ids',
    ],
    ['delete', DELETE, { ids: [1, 1] }, 'ids must not have an id twice.', 'ids'],
  ])('%s: no list and no id twice', async (_, text, variables, message, field) => {
    const { body } = await server.ask(base, text, variables);
    expect(body.errors[0]).toMatchObject({
      message,
      extensions: { code: 'BAD_USER_INPUT', field },
    });
  });

  test('an empty patch is bad input, and a list longer than MAX_LIST_ITEMS is too complex', async () => {
    const [id] = await make(base, 'p');
    expect(errorOf(await server.ask(base, UPDATE, { ids: [id], patch: {} }))).toEqual([
      'BAD_USER_INPUT',
      'patch must set at least one field.',
    ]);
    const ids = Array.from({ length: 101 }, (_, i) => i);
    expect(errorOf(await server.ask(base, DELETE, { ids }))[0]).toBe('TOO_COMPLEX');
  });

  test.each([
    ['update', 'NOT_FOUND', UPDATE, { patch: { completed: true } }],
    // The person's own rows break the rule in both cases.
    ['update that breaks a rule', 'BAD_USER_INPUT', UPDATE, { patch: { title: ' ' } }],
    ['delete', 'NOT_FOUND', DELETE, {}],
  ])(
    '%s: another person’s id is answered like one that is not there, and nothing is done',
    async (_, code, text, more) => {
      const who = base + 3;
      const mine = await make(who, 'a', 'b');
      const theirs = await createTask(server, base + 4, { title: 'secret' });
      const before = [await rowsOf(who), await rowsOf(base + 4)];
      for (const place of [0, 1, 2]) {
        const told = async (id: number) => {
          const ids = mine.toSpliced(place, 0, id);
          const { body, roundTrips } = await tell(who, text, { ids, ...more });
          return [body, roundTrips];
        };
        const foreign = await told(theirs.id);
        expect(foreign).toEqual(await told(MISSING));
        expect(foreign[0]).toContain(code);
        expect(foreign[0]).not.toContain('secret');
      }
      expect([await rowsOf(who), await rowsOf(base + 4)]).toEqual(before);
    },
  );

  test('an idempotencyKey makes the rows once', async () => {
    const who = base + 5;
    const tasks = [{ title: 'a' }, { title: 'b', completed: true }];
    const first = dataOf(await server.ask(who, CREATE, { tasks, key: 'k' })).createTasks;
    const { body, roundTrips } = await tell(who, CREATE, { tasks, key: 'k' });
    expect(JSON.parse(body).data.createTasks).toEqual(first);
    expect(roundTrips).toBe(2);
    expect(await rowsOf(who)).toHaveLength(2);

    const other = { tasks: tasks.toReversed(), key: 'k' };
    expect((await server.ask(who, CREATE, other)).body.errors[0].extensions).toEqual({
      code: 'CONFLICT',
      reason: 'KEY_REUSED',
    });
    dataOf(await server.ask(who, DELETE, { ids: [first.tasks[0].id] }));
    expect((await server.ask(who, CREATE, { tasks, key: 'k' })).body.errors[0].extensions).toEqual({
      code: 'CONFLICT',
      reason: 'KEY_GONE',
    });
    expect(await rowsOf(who)).toHaveLength(1);
    expect((await tell(who, CREATE, { tasks, key: 'k2' })).roundTrips).toBe(1);
  });

  test('a repeated create of unique rows returns them, and a failed one leaves its key free', async () => {
    const who = base + 6;
    const text = `mutation ($names: [CountryInput!]!) { createCountries(input: {countries: $names, idempotencyKey: "k"}) { countries { id name } } }`;
    const names = [{ name: 'x' }, { name: 'y' }];
    const bad = await server.ask(who, text, { names: [...names, { name: ' ' }] });
    expect(bad.body.errors[0].extensions.field).toBe('countries[2].name');
    const first = dataOf(await server.ask(who, text, { names }));
    expect(dataOf(await server.ask(who, text, { names }))).toEqual(first);
  });
});

describe('the limits of a request', () => {
  const { server } = executors.compiled as Executor;
  test('rows of the payload count with what is asked of each', async () => {
    const ask = (text: string) => server.ask(390, text);
    // 100 rows with 20 each are allowed, with 100 each they are not.
    const nested = (first: number) =>
      `mutation { createTasks(input: {tasks: [{title: "a"}]}) { tasks { user { tasks(first: ${first}) { nodes { id } } } } } }`;
    dataOf(await ask(nested(20)));
    expect(errorOf(await ask(nested(100)))[0]).toBe('TOO_COMPLEX');
  });
});

describe('points', () => {
  const poor = useTestServer(database, { requestsPerMinute: 25 });
  test('a mutation of many rows costs a point for ten rows, as variables or in the document', async () => {
    const tasks = Array.from({ length: 100 }, (_, i) => ({ title: `t${i}` }));
    dataOf(await poor.ask(395, CREATE, { tasks }));
    const ids = Array.from({ length: 100 }, (_, i) => MISSING + i);
    const written = `mutation { ...m } fragment m on Mutation { deleteTasks(input: {ids: [${ids}]}) { ids } }`;
    expect(errorOf(await poor.ask(395, written))[0]).toBe('NOT_FOUND');
    // 5 points are left.
    const refused = await poor.ask(395, DELETE, { ids });
    expect(refused.body.errors[0].extensions.reason).toBe('RATE_LIMITED');
    expect(errorOf(await poor.ask(395, DELETE, { ids: ids.slice(0, 40) }))[0]).toBe('NOT_FOUND');
  });
});

describe('any table', () => {
  const { server } = executors.compiled as Executor;
  const WHO = 391;

  test('lists, JSON, enums, generated columns, a plural that is irregular, rights by column', async () => {
    const text = `mutation ($all: [CountryInput!]!) { createCountries(input: {countries: $all}) {
      countries { id name tags facts loud priority } } }`;
    const { createCountries } = dataOf(
      await server.ask(WHO, text, {
        all: [
          { name: 'de', tags: ['a,b', 'c"d'], facts: { n: [1, 'x'] }, priority: 'high' },
          { name: 'fr' },
        ],
      }),
    );
    const [de, fr] = createCountries.countries;
    expect(de).toMatchObject({ tags: ['a,b', 'c"d'], loud: 'DE', priority: 'high' });
    expect(fr).toMatchObject({ tags: ['none'], loud: 'FR', priority: 'low' });
    const update = `mutation ($ids: [Int!]!) { updateCountries(input: {ids: $ids, patch: {tags: ["z"]}}) { countries { id tags loud } } }`;
    const { updateCountries } = dataOf(await server.ask(WHO, update, { ids: [fr.id, de.id] }));
    expect(updateCountries.countries).toEqual([
      { id: fr.id, tags: ['z'], loud: 'FR' },
      { id: de.id, tags: ['z'], loud: 'DE' },
    ]);
  });

  test('a partitioned table, and an owner column of another name', async () => {
    const text = `mutation { createEvents(input: {events: [{title: "a"}, {title: "b"}]}) { events { id title } }
      createPosts(input: {posts: [{body: "c"}, {body: "d"}]}) { posts { id body author { id } } } }`;
    const { createEvents, createPosts } = dataOf(await server.ask(WHO, text));
    expect(createEvents.events.map(({ title }: { title: string }) => title)).toEqual(['a', 'b']);
    expect(createPosts.posts[1]).toMatchObject({ body: 'd', author: { id: WHO } });
    const ids = createEvents.events.map(({ id }: { id: number }) => id);
    const remove = 'mutation ($ids: [Int!]!) { deleteEvents(input: {ids: $ids}) { ids } }';
    expect(errorOf(await server.ask(WHO + 1, remove, { ids }))[0]).toBe('NOT_FOUND');
    expect(dataOf(await server.ask(WHO, remove, { ids })).deleteEvents.ids).toEqual(ids);
  });

  test('what nobody may do has no mutation', async () => {
    const { m } = dataOf(
      await server.ask(WHO, '{ m: __type(name: "Mutation") { fields { name } } }'),
    );
    const names = m.fields.map(({ name }: { name: string }) => name);
    expect(names.filter((name: string) => /(Events|Posts|Countries)$/.test(name)).sort()).toEqual([
      'createCountries',
      'createEvents',
      'createPosts',
      'deleteEvents',
      'deletePosts',
      'updateCountries',
    ]);
  });
});
