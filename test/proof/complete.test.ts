/**
 * `unproved` names what the matrix has no row for: a migration is added to the shipped ones, and each thing
 * that it serves is named. test/app/complete.test.ts asks the same of the application's migrations.
 */
import {
  buildClientSchema,
  extendSchema,
  type GraphQLSchema,
  getIntrospectionQuery,
  parse,
} from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { NOTE } from '../doctor/fixtures/fixture.ts';
import { useTestDatabase } from '../support/database.ts';
import { type TestServer, useTestServer } from '../support/server.ts';
import { dataOf } from '../support/tasks.ts';
import { unproved } from './coverage.ts';
import { SHIPPED_ROWS } from './rows.ts';

const schemaOf = async (server: TestServer): Promise<GraphQLSchema> =>
  buildClientSchema(dataOf(await server.ask(1, getIntrospectionQuery())));

describe('a migration more', () => {
  const database = useTestDatabase();
  beforeAll(() =>
    database.owner.query(`
      ${NOTE}
      alter table public.task add column place text, add column weight integer not null default 0;
      grant update (place) on public.task to todo_user;
      grant update (email) on public."user" to todo_user;
      create function public.shout(loud boolean) returns integer language sql volatile return 1;
      create function public.loudness() returns integer language sql stable return 1;
      create function public.task_volume(task public.task) returns integer language sql stable return 1;
      grant delete on public."user" to todo_user;
      grant execute on function public.shout(boolean), public.loudness(), public.task_volume(public.task)
        to todo_user;
      create table app_private.journal (id integer, user_id integer);`),
  );
  const server = useTestServer(database);

  test.each([
    [
      'a table',
      /^public\.note has no row: .*\n\{\n {2}sql: 'public\.note',\n {2}type: 'Note',\n {2}list: 'notes',/,
    ],
    ['a column', /^public\.task\.weight has no row: .*\n {2}weight: \{ value: 7 \},$/],
    [
      'a column and its right',
      /^public\.task\.place has .*\n {2}place: \{ value: '\$M place', writable: 'update' \},$/,
    ],
    [
      'a right on a column that was there',
      /^public\."user"\.email may be updated by todo_user, and /,
    ],
    ['a right to delete', /^todo_user may delete from public\."user", and /],
    [
      'a function',
      /^public\.shout\(boolean\) has no row: .*\n.*mutation: 'shout', input: \{ loud: '…' \}/,
    ],
    ['a query', /^public\.loudness\(\) has no row: .*\n.*field: 'Query\.loudness'/],
    ['a computed column', /^public\.task_volume\(task\) has no row: .*\n.*field: 'Task\.volume'/],
    ['a private table', /^app_private\.journal has no row: /],
  ])('%s without a row is named', async (_, sentence) => {
    const found = await unproved(database.owner, await schemaOf(server), SHIPPED_ROWS);
    expect(found.filter((text) => sentence.test(text))).toHaveLength(1);
    // Once, and nothing that follows from it beside it.
    expect(found).toHaveLength(9);
  });

  test('a field, filter, input or mutation that no table and no function explains is named', async () => {
    const schema = extendSchema(
      await schemaOf(server),
      parse(`extend type Query { forecast: Int } extend input TaskCondition { titleLike: String }
        extend type Mutation { rain(input: RainInput!): Int } input RainInput { mm: Int }
        extend type User { secrets: [Int] }`),
    );
    const found = await unproved(database.owner, schema, SHIPPED_ROWS);
    for (const name of [
      'Query.forecast',
      'TaskCondition.titleLike',
      'Mutation.rain',
      'RainInput.mm',
      'User.secrets',
    ])
      expect(
        found.filter((text) => text.startsWith(`${name} is in the API`)),
        name,
      ).toHaveLength(1);
  });

  test('a row of something that is not there is named', async () => {
    const rows = {
      ...SHIPPED_ROWS,
      tables: [
        ...SHIPPED_ROWS.tables,
        { sql: 'public.ghost', type: 'Ghost', list: 'ghosts', columns: {} },
      ],
      impersonalTables: [...SHIPPED_ROWS.impersonalTables, 'app_private.gone'],
    };
    const found = await unproved(database.owner, await schemaOf(server), rows);
    expect(found).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^public\.ghost has a row in .* and is not served/),
        expect.stringMatching(/^public\.ghost says type Ghost/),
        expect.stringMatching(/^app_private\.gone has a row/),
      ]),
    );
  });
});
