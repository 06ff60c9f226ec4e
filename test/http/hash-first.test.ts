/**
 * Clients that send the hash of a query first (automatic persisted queries), as they are installed: each falls
 * back to the query by itself.
 */
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { buildHTTPExecutor } from '@graphql-tools/executor-http';
import { cacheExchange, fetchExchange, Client as UrqlClient } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';
import { parse } from 'postgraphile/graphql';
import { beforeEach, expect, test } from 'vitest';
import { useTestDatabase } from '../support/database.ts';
import { useTestServer } from '../support/server.ts';

const database = useTestDatabase();
const server = useTestServer(database);

const ME = 'query Me { me { id } }';
const EMAIL = 'query Email { me { email } }';

/** Of each request: its method, and whether it had a hash and a query. */
let sent: { method: string; hash: boolean; query: boolean }[] = [];
beforeEach(() => {
  sent = [];
});

const recording: typeof fetch = async (input, init) => {
  const { searchParams } = new URL(String(input));
  const body = init?.body === undefined ? Object.fromEntries(searchParams) : undefined;
  const text = body ? JSON.stringify(body) : String(init?.body);
  const { query } = body ?? (JSON.parse(text) as { query?: string });
  sent.push({
    method: init?.method ?? 'GET',
    hash: text.includes('persistedQuery'),
    query: Boolean(query),
  });
  return fetch(input, init);
};
const sha256 = async (text: string): Promise<string> => {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Buffer.from(digest).toString('hex');
};
const authorization = async (who: number) => ({
  authorization: `Bearer ${await server.token(who)}`,
});

test.each([
  ['POST', false],
  ['GET', true],
])('Apollo Client, with hashes by %s', async (method, useGETForHashedQueries) => {
  const http = new HttpLink({
    uri: `${server.url}/graphql`,
    headers: await authorization(201),
    fetch: recording,
  });
  const hashes = new PersistedQueryLink({ sha256, useGETForHashedQueries });
  const client = new ApolloClient({
    link: ApolloLink.from([hashes, http]),
    cache: new InMemoryCache(),
  });
  expect((await client.query({ query: gql(ME) })).data).toMatchObject({ me: { id: 201 } });
  expect((await client.query({ query: gql(EMAIL) })).data).toMatchObject({
    me: { email: 'user201@example.com' },
  });
  expect(sent).toEqual([
    { method, hash: true, query: false },
    { method: 'POST', hash: false, query: true },
    { method: 'POST', hash: false, query: true },
  ]);
});

test('urql', async () => {
  const client = new UrqlClient({
    url: `${server.url}/graphql`,
    // By GET the exchange would also send the query itself by GET.
    exchanges: [
      cacheExchange,
      persistedExchange({ preferGetForPersistedQueries: false }),
      fetchExchange,
    ],
    fetchOptions: { headers: await authorization(202) },
    fetch: recording,
    preferGetMethod: false,
  });
  expect((await client.query(ME, {}).toPromise()).data).toMatchObject({ me: { id: 202 } });
  expect((await client.query(EMAIL, {}).toPromise()).data).toMatchObject({
    me: { email: 'user202@example.com' },
  });
  expect(sent).toEqual([
    { method: 'POST', hash: true, query: false },
    { method: 'POST', hash: false, query: true },
    { method: 'POST', hash: false, query: true },
  ]);
});

test('graphql-tools', async () => {
  const execute = buildHTTPExecutor({
    endpoint: `${server.url}/graphql`,
    headers: await authorization(203),
    fetch: recording,
    apq: true,
  });
  expect(await execute({ document: parse(ME) })).toMatchObject({ data: { me: { id: 203 } } });
  expect(sent).toEqual([
    { method: 'POST', hash: true, query: false },
    { method: 'POST', hash: true, query: true },
  ]);
});

test('a hash without a query is refused with the words that the clients look for', async () => {
  const extensions = { persistedQuery: { version: 1, sha256Hash: '00' } };
  const answer = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { ...(await authorization(204)), 'content-type': 'application/json' },
    body: JSON.stringify({ extensions }),
  });
  expect(answer.status).toBe(200);
  const refusal = {
    message: 'PersistedQueryNotSupported',
    extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' },
  };
  expect(await answer.json()).toMatchObject({ errors: [refusal, {}] });
});
