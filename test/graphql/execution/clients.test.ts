/** The clients that people use, as they use them: queries, pages, mutations, errors. */
import {
  ApolloClient,
  CombinedGraphQLErrors,
  gql,
  HttpLink,
  InMemoryCache,
  ServerError,
} from '@apollo/client';
import { cacheExchange, fetchExchange, Client as UrqlClient } from '@urql/core';
import { beforeAll, describe, expect, test } from 'vitest';
import { useTestDatabase } from '../../support/database.ts';
import { useTestServer } from '../../support/server.ts';

const database = useTestDatabase();
const server = useTestServer(database);

const CREATE = `mutation Create($task: TaskInput!, $key: String) {
  createTask(input: {task: $task, idempotencyKey: $key}) { task { id title } } }`;
const RENAME = `mutation Rename($id: Int!, $title: String) {
  updateTask(input: {id: $id, patch: {title: $title}}) { task { id title } } }`;
const PAGE = `query Page($after: Cursor) { tasks(first: 2, after: $after, orderBy: ID_ASC) {
  nodes { id title } pageInfo { hasNextPage endCursor } } }`;

interface Row {
  readonly id: number;
  readonly title: string;
}
interface Page {
  readonly tasks: {
    readonly nodes: readonly Row[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}
interface Created {
  readonly createTask: { readonly task: Row };
}

const TITLES = ['one', 'two', 'three'];

/** Follows endCursor until there is no next page. */
async function walk(page: (after: string | null) => Promise<Page | undefined>): Promise<string[]> {
  const seen: string[] = [];
  for (let after: string | null = null; ; ) {
    const found = await page(after);
    if (!found) throw new Error('no page');
    seen.push(...found.tasks.nodes.map(({ title }) => title));
    if (!found.tasks.pageInfo.hasNextPage) return seen;
    after = found.tasks.pageInfo.endCursor;
  }
}

describe('Apollo Client', () => {
  const WHO = 101;
  const client = (token: string) =>
    new ApolloClient({
      link: new HttpLink({
        uri: `${server.url}/graphql`,
        headers: { authorization: `Bearer ${token}` },
      }),
      cache: new InMemoryCache(),
    });
  let apollo: ApolloClient;
  beforeAll(async () => {
    apollo = client(await server.token(WHO));
    for (const title of TITLES) {
      await apollo.mutate({ mutation: gql(CREATE), variables: { task: { title } } });
    }
  });

  test('pages through a list', async () => {
    const page = async (after: string | null) =>
      (await apollo.query<Page>({ query: gql(PAGE), variables: { after } })).data;
    expect(await walk(page)).toEqual(TITLES);
  });
  test('keeps a row up to date in its cache by type and id', async () => {
    const query = gql`query { tasks(condition: {search: "one"}) { nodes { id title } } }`;
    const read = async () => (await apollo.query<Page>({ query })).data?.tasks.nodes[0];
    const row = await read();
    await apollo.mutate({ mutation: gql(RENAME), variables: { id: row?.id, title: 'one!' } });
    expect((await read())?.title).toBe('one!');
    await apollo.mutate({ mutation: gql(RENAME), variables: { id: row?.id, title: 'one' } });
  });
  test('tells an error by its code', async () => {
    const failed = apollo.mutate({
      mutation: gql(RENAME),
      variables: { id: 1_000_000, title: 'x' },
    });
    const error = await failed.catch((reason: unknown) => reason);
    expect(CombinedGraphQLErrors.is(error) && error.errors[0]?.extensions?.code).toBe('NOT_FOUND');
  });
  test('tells a missing sign-in by its status and code', async () => {
    const failed = client('x').query({ query: gql`{ me { id } }` });
    const error = await failed.catch((reason: unknown) => reason);
    expect(
      ServerError.is(error) && [
        error.statusCode,
        JSON.parse(error.bodyText).errors[0].extensions.code,
      ],
    ).toEqual([401, 'UNAUTHENTICATED']);
  });
});

describe('urql', () => {
  const WHO = 102;
  const client = (token: string) =>
    new UrqlClient({
      url: `${server.url}/graphql`,
      exchanges: [cacheExchange, fetchExchange],
      fetchOptions: { headers: { authorization: `Bearer ${token}` } },
      // urql would send short queries with GET, which is not there.
      preferGetMethod: false,
    });
  let urql: UrqlClient;
  beforeAll(async () => {
    urql = client(await server.token(WHO));
    for (const title of TITLES) await urql.mutation(CREATE, { task: { title } }).toPromise();
  });

  test('pages through a list', async () => {
    const page = async (after: string | null) =>
      (await urql.query<Page>(PAGE, { after }).toPromise()).data;
    expect(await walk(page)).toEqual(TITLES);
  });
  test('repeats a create with a key', async () => {
    const create = () =>
      urql.mutation<Created>(CREATE, { task: { title: 'four' }, key: 'k' }).toPromise();
    const [first, second] = [await create(), await create()];
    expect(first.data?.createTask.task.title).toBe('four');
    expect(second.data).toEqual(first.data);
  });
  test('tells an error by its code and path', async () => {
    const { error } = await urql.mutation(RENAME, { id: 1_000_000, title: 'x' }).toPromise();
    expect(error?.graphQLErrors[0]?.extensions.code).toBe('NOT_FOUND');
    expect(error?.graphQLErrors[0]?.path).toEqual(['updateTask']);
  });
  test('tells a missing sign-in by its status and code', async () => {
    const { error } = await client('x').query('{ me { id } }', {}).toPromise();
    expect(error?.response.status).toBe(401);
    expect(error?.graphQLErrors[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });
});

describe('fetch', () => {
  const WHO = 103;
  const ask = async (query: string, variables: object) => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await server.token(WHO)}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ query, variables }),
    });
    return (await response.json()) as { data: Page; errors?: { extensions: { code: string } }[] };
  };

  test('pages through a list', async () => {
    for (const title of TITLES) await ask(CREATE, { task: { title } });
    expect(await walk(async (after) => (await ask(PAGE, { after })).data)).toEqual(TITLES);
  });
  test('tells an error by its code', async () =>
    expect((await ask(RENAME, { id: 1_000_000, title: 'x' })).errors?.[0]?.extensions.code).toBe(
      'NOT_FOUND',
    ));
});
