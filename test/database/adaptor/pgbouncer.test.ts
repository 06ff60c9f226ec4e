/** Behind PgBouncer in transaction mode several people share one connection, statement by statement. */
import { beforeAll, describe, expect, test } from 'vitest';
import { makeAccounts } from '../../support/adaptor.ts';
import { useTestDatabase } from '../../support/database.ts';
import { pgbouncerInstalled, usePgBouncer } from '../../support/pgbouncer.ts';
import { type TestServer, useTestServer } from '../../support/server.ts';

const PEOPLE = [91, 92, 93, 94, 95, 96];

if (!pgbouncerInstalled) console.warn('pgbouncer is not installed: its tests are skipped');

/** Sixty requests of six people at once, reads and writes; true where each saw and made only its own. */
async function sixty(server: TestServer): Promise<boolean[]> {
  return Promise.all(
    Array.from({ length: 60 }, async (_, i) => {
      const id = PEOPLE[i % PEOPLE.length] ?? 0;
      const title = `${id} at ${i}`;
      const made = await server.ask(
        id,
        'mutation ($title: String!) { createTask(input: {task: {title: $title}}) { task { title } } }',
        { title },
      );
      const read = await server.ask(id, '{ me { id } tasks(first: 200) { nodes { title } } }');
      const titles: string[] = read.body.data.tasks.nodes.map((t: { title: string }) => t.title);
      return (
        made.body.data.createTask.task.title === title &&
        read.body.data.me.id === id &&
        titles.includes(title) &&
        titles.every((own) => own.startsWith(`${id} `))
      );
    }),
  );
}

describe.skipIf(!pgbouncerInstalled)('behind PgBouncer', () => {
  const database = useTestDatabase();
  const one = usePgBouncer(database.urls.authenticator, 1);
  const two = usePgBouncer(database.urls.authenticator, 2);
  const through = (bouncer: { url: string }, preparedStatements: boolean) =>
    useTestServer(database, {
      get authenticatorUrl() {
        return bouncer.url;
      },
      preparedStatements,
    });
  const off = through(one, false);
  const on = through(two, true);

  beforeAll(() => makeAccounts(database.authenticator, PEOPLE));

  test('several people over one connection see their own rows only', async () => {
    expect(await sixty(off)).toEqual(Array.from({ length: 60 }, () => true));
    expect(await one.serverConnections()).toBe(1);
  });

  test('with prepared statements left on by mistake it is slower, and as right', async () => {
    expect(await sixty(on)).toEqual(Array.from({ length: 60 }, () => true));
    expect(await two.serverConnections()).toBe(2);
    expect(on.log).toEqual([]);
  });
});
