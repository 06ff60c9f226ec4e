/** The files of `npm run client`: what they take from the schema and from the server's code, and that they are stable. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, lexicographicSortSchema, printSchema } from 'postgraphile/graphql';
import { describe, expect, test } from 'vitest';
import { factsOf } from '../../src/client/facts.ts';
import { clientFiles } from '../../src/client/files.ts';
import { apiErrors } from '../../src/client/templates/errors.ts';
import {
  CONFLICT_REASONS,
  ERROR_CODES,
  UNAVAILABLE_REASONS,
} from '../../src/graphql/client-error.ts';
import { ROOT, shippedRoot } from '../support/process.ts';

const SDL = readFileSync(join(shippedRoot(), 'test/app/schema.graphql'), 'utf8');
const text = (name: string, sdl = SDL) => clientFiles(sdl).get(name) ?? '';

test('the shipped tables', () => {
  const facts = factsOf(buildSchema(SDL));
  expect(facts.rows).toEqual(['Task', 'User']);
  expect(facts.keyless).toContain('TaskChange');
  expect(facts.pages).toEqual({ Query: ['tasks'], User: ['tasks'] });
  expect(facts.keyless).toEqual(expect.arrayContaining(['PageInfo', 'TaskConnection', 'TaskEdge']));
  expect(facts.mutations).toEqual(expect.arrayContaining(['createTask', 'deleteMe']));
});

test('a new table adds its names, wherever it is in the schema', () => {
  const more = buildSchema(`${SDL}
    type List { id: Int! name: String! tasks(first: Int, after: Cursor): TaskConnection! }
    type ListEdge { cursor: Cursor! node: List! }
    type ListConnection { nodes: [List!]! edges: [ListEdge!]! pageInfo: PageInfo! totalCount: Int! }
    extend type Query { lists(first: Int, after: Cursor): ListConnection! list(id: Int!): List }
    extend type Mutation { createList(name: String!): List }
    extend type Subscription { listChanged: List }
  `);
  const { rows, keyless, pages, mutations } = factsOf(more);
  expect(rows).toEqual(['List', 'Task', 'User']);
  expect(keyless).toEqual(expect.arrayContaining(['ListConnection', 'ListEdge']));
  expect(keyless).not.toContain('Subscription');
  expect(pages).toEqual({ List: ['tasks'], Query: ['lists', 'tasks'], User: ['tasks'] });
  expect(mutations).toContain('createList');
  // The files say the same, and the order of the schema makes no difference.
  const printed = printSchema(more);
  expect(text('schema.ts', printed)).toContain("  List: ['tasks'],\n  Query: ['lists', 'tasks'],");
  expect(text('schema.ts', printed)).toBe(
    text('schema.ts', printSchema(lexicographicSortSchema(more))),
  );
});

describe('codes and reasons', () => {
  const namesOf = (type: string) =>
    [
      ...(new RegExp(`export type ${type} =([^;]*);`).exec(text('schema.ts'))?.[1] ?? '').matchAll(
        /'(\w+)'/g,
      ),
    ].map(([, name]) => name);
  test('are those of the server', () => {
    expect(namesOf('ErrorCode')).toEqual([...ERROR_CODES]);
    expect(namesOf('ConflictReason')).toEqual([...CONFLICT_REASONS]);
    expect(namesOf('UnavailableReason')).toEqual([...UNAVAILABLE_REASONS]);
  });
  test('are each explained in docs/graphql.md', () => {
    const document = readFileSync(join(ROOT, 'docs/graphql.md'), 'utf8');
    for (const name of [...ERROR_CODES, ...CONFLICT_REASONS, ...UNAVAILABLE_REASONS]) {
      expect(document).toMatch(new RegExp(`^\\| \`${name}\` \\|`, 'm'));
    }
  });
});

describe('apiErrors', () => {
  const error = {
    message: 'Read it again.',
    path: ['updateTask'],
    extensions: { code: 'CONFLICT', reason: 'STALE' },
  };
  const found = [
    { message: 'Read it again.', path: ['updateTask'], code: 'CONFLICT', reason: 'STALE' },
  ];
  test.each([
    ['urql', { graphQLErrors: [error], response: { status: 200 } }],
    ['Apollo Client', { errors: [error] }],
    [
      'Apollo Client, status 401',
      { statusCode: 401, bodyText: JSON.stringify({ errors: [error] }) },
    ],
    ['graphql-request', { response: { errors: [error] } }],
    ['the answer itself', { data: null, errors: [error] }],
  ])('reads the error of %s', (_client, reported) => expect(apiErrors(reported)).toEqual(found));
  test.each([
    ['nothing', undefined],
    ['a network error', new TypeError('fetch failed')],
    ['a page of a proxy', { statusCode: 502, bodyText: '<html>' }],
    ['an error without a code', { graphQLErrors: [{ message: 'x', extensions: {} }, null] }],
  ])('finds none in %s', (_what, reported) => expect(apiErrors(reported)).toEqual([]));
});
