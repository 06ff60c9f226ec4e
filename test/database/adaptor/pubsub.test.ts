/** Work without a person uses the stock adaptor: LISTEN, introspection, the superuser variant. */
import { beforeAll, expect, test } from 'vitest';
import { makeAccounts, useAdaptor } from '../../support/adaptor.ts';
import { useTestDatabase } from '../../support/database.ts';

const database = useTestDatabase();
const db = useAdaptor(() => ({ url: database.urls.authenticator, size: 2 }));

beforeAll(async () => {
  await makeAccounts(database.authenticator, [81]);
  await database.privileged.query("insert into task (title, user_id) values ('mine', 81)");
});

test('a notification reaches whoever listens, while requests go on', async () => {
  const { pgSubscriber } = db.service;
  if (!pgSubscriber) throw new Error('the service has no subscriber');
  const events = await pgSubscriber.subscribe('topic');
  const iterator = events[Symbol.asyncIterator]();
  // The listening connection is taken in the background.
  await expect
    .poll(async () => {
      await database.owner.query("select pg_notify('topic', 'early')");
      const { rows } = await database.privileged.query(
        'select from pg_stat_activity where query = \'LISTEN "topic"\' and datname = current_database()',
      );
      return rows.length;
    })
    .toBe(1);
  await database.owner.query("select pg_notify('topic', 'hello')");
  await db.as(1, (client) => client.query({ text: 'select 1' }));
  const heard: unknown[] = [];
  while (heard.at(-1) !== 'hello') heard.push((await iterator.next()).value);
  expect(heard.at(-1)).toBe('hello');
  await iterator.return?.();
});

test('what runs without a person has no claim and no rows', async () => {
  const withPgClient = await db.service.adaptor.createWithPgClient(db.service.adaptorSettings);
  // The control: there is a row to be seen.
  await expect(
    db.as(81, (client) => client.query({ text: 'select title from task' })),
  ).resolves.toMatchObject({ rows: [{ title: 'mine' }] });
  const { rows } = await withPgClient({ role: 'todo_user' }, async (client) => {
    await expect(client.query({ text: 'select from task' })).resolves.toMatchObject({ rows: [] });
    return client.query({
      text: "select current_user::text as role, current_setting('jwt.claims.user_id', true) as claim",
    });
  });
  // Empty and not null: the connection has had a claim before.
  expect(rows).toEqual([{ role: 'todo_user', claim: '' }]);
});

test('the superuser variant is the stock one, on a login of its own', async () => {
  const { adaptor, adaptorSettings } = db.service;
  const withPgClient = await adaptor.createWithPgClient(
    { ...adaptorSettings, superuserConnectionString: database.urls.root },
    'SUPERUSER',
  );
  const { rows } = await withPgClient(null, (client) =>
    client.query<{ is: boolean }>({
      text: 'select usesuper as is from pg_user where usename = current_user',
    }),
  );
  expect(rows).toEqual([{ is: true }]);
  await withPgClient.release?.();
});
