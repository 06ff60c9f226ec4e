/**
 * The caches of urql and Apollo Client show the server's lists after every mutation: real clients with the files of
 * `npm run client` as they are written, each with three lists on the screen, against the real server.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { fetchExchange, Client as UrqlClient } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import { afterAll, describe, expect, test } from 'vitest';
import { clientFiles } from '../../src/client/files.ts';
import { useTestDatabase } from '../support/database.ts';
import { shippedRoot } from '../support/process.ts';
import { useTestServer } from '../support/server.ts';
import { dataOf } from '../support/tasks.ts';

const folder = mkdtempSync(join(tmpdir(), 'rowguard-client-'));
afterAll(() => rmSync(folder, { recursive: true }));
const SDL = readFileSync(join(shippedRoot(), 'test/app/schema.graphql'), 'utf8');
for (const [name, text] of clientFiles(SDL)) writeFileSync(join(folder, name), text);
const { cacheOptions } = await import(join(folder, 'urql.ts'));
const { defaultOptions, typePolicies } = await import(join(folder, 'apollo.ts'));

const database = useTestDatabase();
const server = useTestServer(database);

const ROW = 'id title completed updatedAt';

/** What is on screen: a filtered list, an ordered one, one below the person, and one row. */
const LISTS: readonly string[] = [
  `query Open { tasks(condition: {completed: false}) { totalCount nodes { ${ROW} } } }`,
  `query ByTitle { tasks(orderBy: TITLE_ASC, first: 3) { nodes { ${ROW} } pageInfo { hasNextPage } } }`,
  `query Mine { me { id tasks { edges { node { ${ROW} } } } } }`,
];

interface Task {
  readonly id: number;
}

/** Each mutation, with variables made of the tasks that are there. */
const STEPS: readonly [name: string, text: string, variables: (tasks: Task[]) => object][] = [
  [
    'create',
    `mutation M($task: TaskInput!) { createTask(input: {task: $task}) { task { ${ROW} } } }`,
    () => ({ task: { title: 'a first' } }),
  ],
  [
    'update',
    `mutation M($id: Int!) { updateTask(input: {id: $id, patch: {title: "z last"}}) { task { ${ROW} } } }`,
    (tasks) => ({ id: tasks[0]?.id }),
  ],
  [
    'toggle',
    `mutation M($id: Int!) { updateTask(input: {id: $id, patch: {completed: true}}) { task { ${ROW} } } }`,
    (tasks) => ({ id: tasks[1]?.id }),
  ],
  [
    'create, with the list in the payload',
    `mutation M { createTask(input: {task: {title: "b"}}) { task { ${ROW} } query { tasks(condition: {completed: false}) { totalCount nodes { ${ROW} } } } } }`,
    () => ({}),
  ],
  [
    'bulk create',
    `mutation M($tasks: [TaskInput!]!) { createTasks(input: {tasks: $tasks}) { tasks { ${ROW} } } }`,
    () => ({ tasks: [{ title: 'aa' }, { title: 'ab', completed: true }] }),
  ],
  [
    'bulk update',
    `mutation M($ids: [Int!]!) { updateTasks(input: {ids: $ids, patch: {completed: true}}) { tasks { ${ROW} } } }`,
    (tasks) => ({ ids: tasks.slice(0, 3).map(({ id }) => id) }),
  ],
  [
    'delete',
    `mutation M($id: Int!) { deleteTask(input: {id: $id}) { task { id } } }`,
    (tasks) => ({ id: tasks[2]?.id }),
  ],
  [
    'bulk delete',
    `mutation M($ids: [Int!]!) { deleteTasks(input: {ids: $ids}) { ids } }`,
    (tasks) => ({ ids: tasks.slice(0, 2).map(({ id }) => id) }),
  ],
  [
    'set all to open',
    `mutation M { setAllTasksCompleted(input: {completed: false}) { ids tasks { ${ROW} } } }`,
    () => ({}),
  ],
  [
    'set all to done',
    `mutation M { setAllTasksCompleted(input: {completed: true}) { count } }`,
    () => ({}),
  ],
  ['clear', 'mutation M { clearCompletedTasks { ids } }', () => ({})],
];

/** A client with all lists on screen. */
interface Screen {
  /** What each list shows now. */
  readonly shown: readonly unknown[];
  mutate(text: string, variables: object): Promise<unknown>;
  close(): void;
}

const url = () => `${server.url}/graphql`;

async function urqlScreen(token: string, configured: boolean): Promise<Screen> {
  const client = new UrqlClient({
    url: url(),
    exchanges: [
      cacheExchange(configured ? cacheOptions : { keys: cacheOptions.keys }),
      fetchExchange,
    ],
    fetchOptions: { headers: { authorization: `Bearer ${token}` } },
    preferGetMethod: false,
  });
  const shown: unknown[] = [];
  const subscriptions = LISTS.map((text, i) =>
    client.query(text, {}).subscribe(({ data }) => {
      shown[i] = data;
    }),
  );
  return {
    shown,
    async mutate(text, variables) {
      const { data, error } = await client.mutation(text, variables).toPromise();
      if (error) throw error;
      return data;
    },
    close: () => {
      for (const { unsubscribe } of subscriptions) unsubscribe();
    },
  };
}

async function apolloScreen(token: string, configured: boolean): Promise<Screen> {
  const link = new HttpLink({ uri: url(), headers: { authorization: `Bearer ${token}` } });
  const client = new ApolloClient({
    link,
    cache: new InMemoryCache({ typePolicies }),
    ...(configured && { defaultOptions }),
  });
  const shown: unknown[] = [];
  const subscriptions = LISTS.map((text, i) =>
    client.watchQuery({ query: gql(text) }).subscribe(({ data, dataState }) => {
      if (dataState === 'complete') shown[i] = data;
    }),
  );
  return {
    shown,
    mutate: async (text, variables) =>
      (await client.mutate({ mutation: gql(text), variables })).data,
    close: () => {
      for (const subscription of subscriptions) subscription.unsubscribe();
      client.stop();
    },
  };
}

/** Without the names of types, which only the clients ask for. */
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value ?? null, (key, inner) => (key === '__typename' ? undefined : inner)),
  );

describe.each([
  ['urql', urqlScreen, 401],
  ['Apollo Client', apolloScreen, 402],
] as const)('%s', (_, open, who) => {
  const fromServer = async () =>
    Promise.all(LISTS.map(async (text) => dataOf(await server.ask(who, text))));
  const tasks = async (): Promise<Task[]> =>
    dataOf(await server.ask(who, '{ tasks { nodes { id } } }')).tasks.nodes;

  test('shows the server’s lists after every mutation', { timeout: 240_000 }, async () => {
    for (const title of ['m', 'c', 'x', 'f'])
      await server.ask(
        who,
        `mutation { createTask(input: {task: {title: "${title}"}}) { task { id } } }`,
      );
    const screen = await open(await server.token(who), true);
    try {
      await expect.poll(() => plain(screen.shown)).toEqual(await fromServer());
      for (const [name, text, variables] of STEPS) {
        const before = plain(screen.shown);
        await screen.mutate(text, variables(await tasks()));
        const now = await fromServer();
        expect(now, `${name} changed nothing on the server`).not.toEqual(before);
        await expect.poll(() => plain(screen.shown), { message: name }).toEqual(now);
      }
    } finally {
      screen.close();
    }
  });

  test('… and without the configuration it does not', async () => {
    const screen = await open(await server.token(who), false);
    try {
      await expect.poll(() => plain(screen.shown)).toEqual(await fromServer());
      const [create] = STEPS;
      await screen.mutate(create?.[1] ?? '', { task: { title: 'unseen' } });
      expect(plain(screen.shown)).not.toEqual(await fromServer());
    } finally {
      screen.close();
    }
  });

  test('keeps its lists when nothing was written', async () => {
    const screen = await open(await server.token(who + 100), true);
    try {
      await expect.poll(() => screen.shown.length).toBe(LISTS.length);
      const failed = screen.mutate(
        'mutation M { deleteTask(input: {id: 1999999999}) { task { id } } }',
        {},
      );
      await expect(failed).rejects.toThrow('There is no such object.');
    } finally {
      screen.close();
    }
  });
});
