/** Pages in Apollo Client's cache with the policies of `npm run client`: which page continues a list, which replaces it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gql, InMemoryCache } from '@apollo/client';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { clientFiles } from '../../src/client/files.ts';
import { writeFiles } from '../../src/client/write.ts';
import { shippedRoot } from '../support/process.ts';

const folder = mkdtempSync(join(tmpdir(), 'rowguard-pages-'));
afterAll(() => rmSync(folder, { recursive: true }));
const sdl = readFileSync(join(shippedRoot(), 'test/app/schema.graphql'), 'utf8');
writeFiles(clientFiles(sdl), { directory: folder, force: false });
const { typePolicies } = await import(join(folder, 'apollo.ts'));

const NODES = gql`query Tasks($after: Cursor, $before: Cursor, $done: Boolean) {
  tasks(condition: { completed: $done }, first: 2, after: $after, before: $before) {
    nodes { id } pageInfo { startCursor endCursor hasNextPage hasPreviousPage }
  }
}`;
const EDGES = gql`query Edges($after: Cursor) {
  tasks(after: $after) { edges { cursor node { id } } }
}`;

let cache: InMemoryCache;
beforeEach(() => {
  cache = new InMemoryCache({ typePolicies });
});

/** A page of the rows `ids` of a list of the rows 1 to 6; the cursor of row 3 is c3. */
const write = (ids: number[], variables: object = {}): void =>
  void cache.writeQuery({
    query: NODES,
    variables,
    data: {
      tasks: {
        __typename: 'TaskConnection',
        nodes: ids.map((id) => ({ __typename: 'Task', id })),
        pageInfo: {
          __typename: 'PageInfo',
          startCursor: ids.length > 0 ? `c${ids[0]}` : null,
          endCursor: ids.length > 0 ? `c${ids.at(-1)}` : null,
          hasPreviousPage: (ids[0] ?? 1) > 1,
          hasNextPage: (ids.at(-1) ?? 6) < 6,
        },
      },
    },
  });

interface Answer {
  readonly tasks: {
    readonly nodes: readonly { readonly id: number }[];
    readonly pageInfo: Readonly<Record<string, unknown>>;
  };
}
const read = (variables: object = {}) => {
  const found = cache.readQuery<Answer>({ query: NODES, variables });
  const { pageInfo } = found?.tasks ?? {};
  return (
    found && [found.tasks.nodes.map(({ id }) => id), pageInfo?.startCursor, pageInfo?.endCursor]
  );
};

describe('a list', () => {
  test('grows by the pages that follow it, in their order', () => {
    write([1, 2]);
    write([3, 4], { after: 'c2' });
    write([5, 6], { after: 'c4' });
    expect(read()).toEqual([[1, 2, 3, 4, 5, 6], 'c1', 'c6']);
    const { pageInfo } = cache.readQuery<Answer>({ query: NODES })?.tasks ?? {};
    expect(pageInfo).toMatchObject({ hasPreviousPage: false, hasNextPage: false });
  });
  test('has a page that arrives twice once', () => {
    write([1, 2]);
    write([3, 4], { after: 'c2' });
    write([3, 4], { after: 'c2' });
    expect(read()).toEqual([[1, 2, 3, 4], 'c1', 'c4']);
  });
  test('begins again with its first page', () => {
    write([1, 2]);
    write([3, 4], { after: 'c2' });
    write([2, 3]);
    expect(read()).toEqual([[2, 3], 'c2', 'c3']);
  });
  test('grows at its start by the page before it', () => {
    write([3, 4], { before: 'c5' });
    write([1, 2], { before: 'c3' });
    expect(read()).toEqual([[1, 2, 3, 4], 'c1', 'c4']);
  });
  test('takes an empty last page', () => {
    write([1, 2]);
    write([], { after: 'c2' });
    expect(read()?.[0]).toEqual([1, 2]);
  });
  test('is replaced by a page of another place: no gap is hidden', () => {
    write([1, 2]);
    write([5, 6], { after: 'c4' });
    expect(read()).toEqual([[5, 6], 'c5', 'c6']);
  });
  test('of another condition is another list', () => {
    write([1, 2], { done: false });
    write([5, 6], { done: true });
    expect(read({ done: false })?.[0]).toEqual([1, 2]);
    expect(read({ done: true })?.[0]).toEqual([5, 6]);
  });
  test('that was never read is not in the cache', () => expect(read()).toBeNull());

  test('can be read by edges and cursors alone', () => {
    const page = (ids: number[], variables: object = {}) =>
      cache.writeQuery({
        query: EDGES,
        variables,
        data: {
          tasks: {
            __typename: 'TaskConnection',
            edges: ids.map((id) => ({
              __typename: 'TaskEdge',
              cursor: `c${id}`,
              node: { __typename: 'Task', id },
            })),
          },
        },
      });
    page([1, 2]);
    page([3], { after: 'c2' });
    const found = cache.readQuery<{ tasks: { edges: { cursor: string }[] } }>({ query: EDGES });
    expect(found?.tasks.edges.map(({ cursor }) => cursor)).toEqual(['c1', 'c2', 'c3']);
  });
});
