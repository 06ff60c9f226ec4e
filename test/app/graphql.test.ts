/** The matrix over HTTP: every operation that the schema allows × every token, good and bad. */
import { describe, expect, test } from 'vitest';
import { useGraphqlMatrix } from '../proof/graphql-matrix.ts';
import { foreign } from '../proof/world.ts';
import { useTestDatabase } from '../support/database.ts';
import { newUserId } from '../support/people.ts';
import { useTestServer } from '../support/server.ts';
import { goodClaims, HEADER, hs256 } from '../support/tokens.ts';
import { ROWS } from './rows.ts';

const database = useTestDatabase('whole');
const server = useTestServer(database);
const [victim, stranger] = [newUserId(), newUserId()];
const matrix = useGraphqlMatrix(database, server, victim, stranger, ROWS);

const bearer = (change: object) =>
  `Bearer ${hs256(HEADER, goodClaims(server.issuer, change), server.issuer.secret)}`;

test('there are operations for every filter, order, argument and input', () => {
  const names = matrix.operations.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining([
      'me',
      'task id',
      'tasks condition search',
      'me.tasks orderBy TITLE_ASC',
      'updateTask input patch title',
      'setAllTasksCompleted input completed',
      'createTasks input idempotencyKey',
      'updateTasks input patch title',
      'deleteTasks input ids',
      'deleteTask query',
      'deleteMe input',
    ]),
  );
  expect(names.length).toBeGreaterThan(60);
});

describe('every operation', () => {
  test(
    'of the owner reaches the owner’s rows',
    async () => expect(await matrix.as(victim)).toEqual([]),
    300_000,
  );

  test(
    'of another person reaches that person’s rows, and a row that is there is NOT_FOUND',
    async () => expect(await matrix.as(stranger)).toEqual([]),
    300_000,
  );

  test.each([
    ['no token', null],
    ['a token without the claim', { user_id: undefined }],
    ['an empty claim', { user_id: '' }],
    ['a claim that is null', { user_id: null }],
    ['garbage', { user_id: `${victim} or true` }],
    ['a claim out of range', { user_id: 2_147_483_648 }],
    ['an expired token', { user_id: victim, iat: 1_600_000_000, exp: 1_600_000_600 }],
  ])('with %s is 401, reads nothing and changes nothing', async (_, change) => {
    const before = await foreign(database.privileged, null, matrix.relations, ROWS);
    expect(before.rows).toBeGreaterThan(5);
    const header = change && bearer(change);
    const wrong: string[] = [];
    for (const operation of matrix.operations) {
      const { status, body } = await server.ask(header, matrix.document(operation));
      const refused = status === 401 && body.errors[0].extensions.code === 'UNAUTHENTICATED';
      if (!refused || 'data' in body) wrong.push(`${operation.name}: ${status}`);
    }
    expect(wrong).toEqual([]);
    expect(await foreign(database.privileged, null, matrix.relations, ROWS)).toEqual(before);
  });

  test('… while the same token made well is let in', async () => {
    const { body } = await server.ask(bearer({ user_id: stranger }), '{ me { id } }');
    expect(body.data.me.id).toBe(stranger);
  });
});
