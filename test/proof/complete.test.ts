/**
 * `unproved` names what the matrix has no row for: a migration is added to the shipped ones, and each thing
 * that it serves is named. test/app/complete.test.ts asks the same of the application's migrations.
 */
import { buildClientSchema, type GraphQLSchema, getIntrospectionQuery } from 'graphql';
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
      grant execute on function public.shout(boolean) to todo_user;
      create table app_private.journal (id integer, user_id integer);`),
  );
  const server = useTestServer(database);

  test.each([
    ['a table', 'table public.note'],
    ['its columns, with what may be written', 'column public.note.body insert update'],
    ['a right to delete', 'delete from public.note'],
    ['a column', 'column public.task.weight'],
    ['a column and its right', 'column public.task.place update'],
    ['a right on a column there was', 'column public."user".email update'],
    ['a function', 'function public.shout(boolean)'],
    ['a private table', 'private table app_private.journal'],
    ['a query', 'Query.note'],
    ['its argument', 'Query.note(id:)'],
    ['a list', 'Query.notes'],
    ['an argument of a list', 'Query.notes(condition:)'],
    ['a list of a person', 'User.notes'],
    ['a field', 'Task.place'],
    ['a filter', 'TaskCondition.weight'],
    ['an order', 'TaskOrderBy.WEIGHT_ASC'],
    ['an input', 'TaskPatch.place'],
    ['a mutation of a table', 'Mutation.createNote'],
    ['a mutation of a function', 'Mutation.shout'],
    ['an input of a mutation', 'ShoutInput.loud'],
  ])('%s without a row is named', async (_, name) => {
    expect(await unproved(database.owner, await schemaOf(server), SHIPPED_ROWS)).toContain(
      `no row: ${name}`,
    );
  });
});
