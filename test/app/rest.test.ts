/** The matrix over REST: every route and parameter of the OpenAPI document × owner, another person, bad tokens. */
import { describe, expect, test } from 'vitest';
import { useRestMatrix } from '../proof/rest-matrix.ts';
import { useTestDatabase } from '../support/database.ts';
import { newUserId } from '../support/people.ts';
import { restOf } from '../support/rest.ts';
import { useTestServer } from '../support/server.ts';
import { ROWS } from './rows.ts';

const database = useTestDatabase('whole');
const server = useTestServer(database);
const [victim, stranger] = [newUserId(), newUserId()];
const matrix = useRestMatrix(database, server, victim, stranger, ROWS);

test('there are routes for every table with an id', () => {
  expect(matrix.routes).toEqual(
    expect.arrayContaining([
      'GET /api/{user_id}/tasks',
      'DELETE /api/{user_id}/tasks/{id}',
      'PATCH /api/{user_id}/tasks/{id}/complete',
      'POST /api/{user_id}/rpc/clear_completed_tasks',
    ]),
  );
});

describe('every route', () => {
  test(
    'of the owner reaches the owner’s rows',
    async () => expect(await matrix.as(victim)).toEqual([]),
    300_000,
  );

  test(
    'of another person reaches that person’s rows, and a row that is there is 404',
    async () => expect(await matrix.as(stranger)).toEqual([]),
    300_000,
  );

  test('without a token is 401', async () => {
    const rest = restOf(server);
    for (const route of matrix.routes) {
      const [method = '', path = ''] = route.split(' ');
      const url = path.replace('{user_id}', String(victim)).replace('{id}', '1');
      for (const token of [null, 'Bearer x.y.z'])
        expect((await rest.ask(token, method, url)).status).toBe(401);
    }
  });
});
