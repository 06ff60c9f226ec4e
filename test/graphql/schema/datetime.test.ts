/** How a moment is written: RFC 3339, to the microsecond, whatever form the database itself prefers. */
import { beforeAll, expect, test } from 'vitest';
import { useTestDatabase } from '../../support/database.ts';
import { useTestServer } from '../../support/server.ts';

const WHO = 52;

const database = useTestDatabase();
// Before the server starts: it holds for connections made from then on.
beforeAll(async () => {
  await database.privileged.query(`alter database ${database.name} set datestyle = 'German'`);
});
const server = useTestServer(database);

test.each([
  ['2026-01-31T09:30:00.123456+00:00', '2026-01-31T09:30:00.123456+00:00'],
  ['2026-01-31T09:30:00+02:00', '2026-01-31T07:30:00+00:00'],
])('%s is written %s', async (moment, written) => {
  await server.ask(WHO, '{ me { id } }');
  const { rows } = await database.privileged.query<{ id: number }>(
    `insert into task (title, user_id, created_at) values ('x', $1, $2)
     returning id`,
    [WHO, moment],
  );
  const { body } = await server.ask(WHO, `{ task(id: ${rows[0]?.id}) { createdAt } }`);
  expect(body.data.task.createdAt).toBe(written);
  const again = await server.ask(
    WHO,
    `{ tasks(condition: { createdSince: "${written}", createdBefore: "2026-01-31T12:00:00Z" }) { nodes { createdAt } } }`,
  );
  expect(again.body.data.tasks.nodes).toContainEqual({ createdAt: written });
});
