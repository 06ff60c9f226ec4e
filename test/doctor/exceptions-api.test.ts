/** An exception is for the operator: the API's documentation shows the text behind it and nothing of it. */
import { beforeAll, expect, test } from 'vitest';
import { useTestDatabase } from '../support/database.ts';
import { useTestServer } from '../support/server.ts';
import { dataOf } from '../support/tasks.ts';

const database = useTestDatabase();

beforeAll(() =>
  database.owner.query(`
    comment on table public.task is E'@doctor allow RLS_OFF: a secret reason\\nSomething to do.';
    comment on column public.task.title is
      E'@doctor allow INDEX_SPANS_USERS: a secret reason\\n@doctor allow RLS_OFF: another\\nThe title.'`),
);

const server = useTestServer(database);

test('an exception in a comment is not in the API’s documentation', async () => {
  const answer = await server.ask(
    121,
    '{ __type(name: "Task") { description fields { name description } } }',
  );
  const text = JSON.stringify(dataOf(answer));
  expect(text).toContain('Something to do.');
  expect(text).toContain('The title.');
  expect(text).not.toMatch(/doctor|secret|another/);
});
