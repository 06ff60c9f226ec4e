/** Everything that the committed migrations serve has its row in rows.ts, so that the matrix tries it. */
import { buildClientSchema, getIntrospectionQuery } from 'graphql';
import { expect, test } from 'vitest';
import { unproved } from '../proof/coverage.ts';
import { useTestDatabase } from '../support/database.ts';
import { useTestServer } from '../support/server.ts';
import { dataOf } from '../support/tasks.ts';
import { ROWS } from './rows.ts';

const database = useTestDatabase('whole');
const server = useTestServer(database);

test('every table, column, right, function, field, argument, filter, order and input has its row', async () => {
  const schema = buildClientSchema(dataOf(await server.ask(1, getIntrospectionQuery())));
  expect(await unproved(database.owner, schema, ROWS)).toEqual([]);
});
