/** What holds for the statement of a request with either adaptor. Real PostgreSQL, real failures. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodePostgresPgClient } from 'postgraphile/adaptors/pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeAccounts, useAdaptor } from '../../support/adaptor.ts';
import { connect, useTestDatabase } from '../../support/database.ts';
import { UNLESS_BUSY } from '../../support/retry.ts';

const [ANN, BEN] = [51, 52];
const PEOPLE = [ANN, BEN, 53, 54, 55, 56];
/** The state that the connection's next request finds: no claim, and the login's own settings. */
const NOTHING_LEFT = { role: 'todo_authenticator', claim: '', timeout: '0' };

const database = useTestDatabase();

beforeAll(async () => {
  await makeAccounts(database.authenticator, PEOPLE);
  for (const id of PEOPLE) {
    await database.privileged.query(
      "insert into task (title, user_id) select 'task of ' || $1::int, $1 from generate_series(1, 3)",
      [id],
    );
  }
  await database.owner.query(`
    create table late (id int primary key, parent int references late deferrable initially deferred);
    grant select, insert, update on late to todo_user;
    create function say(text) returns text language plpgsql as
      $$ begin raise warning 'heard %', $1 using errcode = '01234'; return $1; end $$;
    grant execute on function say(text) to todo_user;
    insert into late values (1000, null), (1001, null);
  `);
});

/** Names a statement as PostGraphile does. */
const nameOf = (text: string) => createHash('sha1').update(text).digest('hex');

const TITLES = 'select title, user_id from task order by id';
const read = (client: NodePostgresPgClient, text = TITLES, values: unknown[] = []) =>
  client.query<Record<string, unknown>>({ text, values: [...values], name: nameOf(text) });

describe.each(['one-round-trip', 'stock'] as const)('%s', (adaptor) => {
  const db = useAdaptor(() => ({ url: database.urls.authenticator, adaptor, size: 3 }));
  const hasty = useAdaptor(() => ({
    url: database.urls.authenticator,
    adaptor,
    size: 1,
    waitMs: 300,
  }));
  /** One connection, so that the next request must use the same one. */
  const single = useAdaptor(() => ({ url: database.urls.authenticator, adaptor, size: 1 }));

  const strict = useAdaptor(() => ({
    url: `${database.urls.authenticator}?options=-cdefault_transaction_isolation%3Drepeatable%5C%20read`,
    adaptor,
    size: 1,
  }));

  const lates = async (id: number) =>
    (await database.privileged.query('select from late where id = $1', [id])).rowCount;

  /** The running statements of this database that match `condition`. */
  const active = async (condition: string) =>
    (
      await database.privileged.query(
        `select from pg_stat_activity where datname = current_database() and state = 'active'
         and pid <> pg_backend_pid() and ${condition}`,
      )
    ).rowCount;

  test('everybody sees their own rows while sixty requests of six people share three connections', async () => {
    const seen = await Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        const id = PEOPLE[i % PEOPLE.length] ?? 0;
        // Different amounts of work, so that requests overtake each other.
        await sleep(i % 7);
        const { rows } = await db.as(id, (client) => read(client));
        return rows.length === 3 && rows.every((row) => row.user_id === id);
      }),
    );
    expect(seen).toEqual(Array.from({ length: 60 }, () => true));
  });

  test('a statement prepared for one person is right for another on the same connection', async () => {
    for (let i = 0; i < 8; i++) {
      for (const id of [ANN, BEN]) {
        const { rows } = await single.as(id, (client) => read(client));
        expect(rows.map((row) => row.user_id)).toEqual([id, id, id]);
      }
    }
    expect(single.pool.totalCount).toBe(1);
  });

  test('rows come as arrays where arrays are asked for', async () => {
    const query = { text: "select 1 as a, 'x' as b, null as c, array[1,2] as d", arrayMode: true };
    const { rows, rowCount } = await db.as(ANN, (client) => client.query(query));
    // PostGraphile's codecs take text and parsed values. This adaptor leaves the text.
    const text = [['1', 'x', null, '{1,2}']];
    expect(rows).toEqual(adaptor === 'stock' ? [[1, 'x', null, [1, 2]]] : text);
    expect(rowCount).toBe(1);
  });

  test('parameters of every kind arrive', async () => {
    const values = [
      1,
      'é " \' \\',
      null,
      true,
      [1, 2],
      new Date(0),
      { a: 1 },
      Buffer.from([0, 255]),
    ];
    const text = `select $1::int as a, $2::text as b, $3::text as c, $4::bool as d, $5::int[] as e,
      $6::timestamptz as f, $7::jsonb as g, $8::bytea as h`;
    const { rows } = await db.as(ANN, (client) => client.query({ text, values }));
    expect(Object.values(rows[0] as object)).toEqual(values);
  });

  test('the number of rows a write touched is reported', async () => {
    const { rowCount, rows } = await db.as(ANN, (client) =>
      read(client, 'update task set completed = not completed where user_id = $1', [ANN]),
    );
    expect([rowCount, rows]).toEqual([3, []]);
  });

  test('nothing of a request is left on its connection after success', async () => {
    await single.as(ANN, (client) => read(client));
    expect(await single.leftovers()).toEqual(NOTHING_LEFT);
  });

  test.each([
    ['a statement that fails', 'select 1/0', '22012', {}],
    ['bad SQL', 'selec', '42601', {}],
    ['a broken constraint', "insert into task (title) values (' ')", '23514', {}],
    ['a forbidden column', "insert into task (title, user_id) values ('x', 1)", '42501', {}],
    ['a role that does not exist', TITLES, '22023', { role: 'nobody_here' }],
    ['a role the login may not take', TITLES, '42501', { role: 'todo_owner' }],
    ['a setting that is not a value', TITLES, '22023', { statement_timeout: 'soon' }],
    ['a claim that is no number', TITLES, '22P02', { 'jwt.claims.user_id': 'ann' }],
  ])(
    'after %s nothing is left either, and the connection goes on',
    async (_name, text, code, change) => {
      await expect(single.as(ANN, (client) => read(client, text), change)).rejects.toMatchObject({
        code,
      });
      // The same statement under the same name: a failure must not have poisoned it.
      await expect(single.as(ANN, (client) => read(client, text), change)).rejects.toMatchObject({
        code,
      });
      expect(await single.leftovers()).toEqual(NOTHING_LEFT);
      expect((await single.as(BEN, (client) => read(client))).rows).toHaveLength(3);
    },
  );

  test('a prepared statement that failed on one value works with the next', async () => {
    const divide = (by: number) =>
      single.as(ANN, (client) => read(client, 'select 10 / $1::int as n', [by]));
    await expect(divide(0)).rejects.toMatchObject({ code: '22012' });
    expect((await divide(5)).rows).toEqual([{ n: 2 }]);
    await expect(divide(0)).rejects.toMatchObject({ code: '22012' });
    expect((await divide(2)).rows).toEqual([{ n: 5 }]);
  });

  test(
    'the statement timeout of the settings stops the statement of the same request',
    UNLESS_BUSY,
    async () => {
      const started = performance.now();
      const slow = single.as(ANN, (client) => read(client, 'select pg_sleep(5)'), {
        statement_timeout: '100',
      });
      await expect(slow).rejects.toMatchObject({ code: '57014' });
      expect(performance.now() - started).toBeLessThan(2000);
      expect(await single.leftovers()).toEqual(NOTHING_LEFT);
      // The timeout applies to that request only.
      await single.as(ANN, (client) => read(client, 'select pg_sleep(0.2)'));
    },
  );

  test('a constraint deferred to the end of the transaction fails the request', async () => {
    const insert = (id: number, parent: number | null) =>
      single.as(ANN, (client) => read(client, 'insert into late values ($1, $2)', [id, parent]));
    await expect(insert(1, 404)).rejects.toMatchObject({ code: '23503' });
    expect(await lates(1)).toBe(0);
    await insert(2, null);
    expect(await lates(2)).toBe(1);
    await database.privileged.query('delete from late where id = 2');
    expect(await single.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('a serialization failure fails the request and leaves the connection usable', async () => {
    const update = 'update late set parent = null where id = 1000';
    const rival = await connect(database.urls.owner);
    await rival.query(`begin; ${update}`);
    const waiting = strict.as(ANN, (client) => read(client, update)).catch((error) => error);
    await expect.poll(() => active("wait_event_type = 'Lock'")).toBe(1);
    await rival.query('commit');
    await rival.end();
    expect(await waiting).toMatchObject({ code: '40001' });
    expect(await strict.leftovers()).toEqual(NOTHING_LEFT);
    expect((await strict.as(ANN, (client) => read(client, update))).rowCount).toBe(1);
  });

  test('notices come with the result of their own statement', async () => {
    const [loud, quiet] = await Promise.all([
      db.as(ANN, (client) => read(client, "select say('hello')")),
      db.as(BEN, (client) => read(client)),
    ]);
    expect(loud.notices).toMatchObject([
      { severity: 'WARNING', code: '01234', message: 'heard hello' },
    ]);
    expect(quiet.notices).toEqual([]);
  });

  test('a transaction is one: the claim holds in all of it, and it is committed whole', async () => {
    const [first, second] = await single.as(ANN, (client) =>
      client.withTransaction(async (transaction) => [
        await read(transaction, 'insert into late values (10, null) returning id'),
        await read(
          transaction,
          "select current_setting('jwt.claims.user_id') as claim, (select count(*)::int from late where id = 10) as n",
        ),
      ]),
    );
    expect(first?.rowCount).toBe(1);
    expect(second?.rows).toEqual([{ claim: String(ANN), n: 1 }]);
    expect(await lates(10)).toBe(1);
    expect(await single.leftovers()).toEqual(NOTHING_LEFT);
    await database.privileged.query('delete from late where id = 10');
  });

  test('a transaction whose settings are refused does nothing at all', async () => {
    let ran = false;
    const refused = single.as(
      ANN,
      (client) =>
        client.withTransaction(async () => {
          ran = true;
        }),
      { role: 'todo_owner' },
    );
    await expect(refused).rejects.toMatchObject({ code: '42501' });
    expect(ran).toBe(false);
    expect(await single.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('a transaction whose work throws is rolled back whole', async () => {
    const failing = single.as(ANN, (client) =>
      client.withTransaction(async (transaction) => {
        await read(transaction, 'insert into late values (11, null)');
        throw new Error('changed my mind');
      }),
    );
    await expect(failing).rejects.toThrow('changed my mind');
    expect(await lates(11)).toBe(0);
    expect(await single.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('a transaction inside a transaction can fail alone', async () => {
    await single.as(ANN, (client) =>
      client.withTransaction(async (outer) => {
        await read(outer, 'insert into late values (12, null)');
        const inner = outer.withTransaction(async (nested) => {
          await read(nested, 'insert into late values (13, null)');
          await read(nested, 'select 1/0');
        });
        await expect(inner).rejects.toMatchObject({ code: '22012' });
        await outer.withTransaction((nested) => read(nested, 'insert into late values (14, null)'));
      }),
    );
    expect([await lates(12), await lates(13), await lates(14)]).toEqual([1, 0, 1]);
    await database.privileged.query('delete from late where id in (12, 14)');
  });

  test('a constraint deferred to the end fails the transaction', async () => {
    const failing = single.as(ANN, (client) =>
      client.withTransaction((transaction) =>
        read(transaction, 'insert into late values (15, 404)'),
      ),
    );
    await expect(failing).rejects.toMatchObject({ code: '23503' });
    expect(await lates(15)).toBe(0);
    expect(await single.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('a backend that dies under a request fails that request only, and is replaced', async () => {
    const running = Promise.allSettled(
      PEOPLE.slice(0, 3).map((id) => db.as(id, (client) => read(client, 'select pg_sleep(5)'))),
    );
    await expect.poll(() => active("query like '%pg_sleep(5)%'")).toBe(3);
    const { rowCount } = await database.privileged.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and query like '%pg_sleep(5)%' and pid <> pg_backend_pid()
       and state = 'active'`,
    );
    expect(rowCount).toBe(3);
    expect((await running).map(({ status }) => status)).toEqual([
      'rejected',
      'rejected',
      'rejected',
    ]);
    const { rows } = await db.as(BEN, (client) => read(client));
    expect(rows).toHaveLength(3);
  });

  test('a request waits for a connection only so long', UNLESS_BUSY, async () => {
    // A new connection has the same limit: make it first.
    await hasty.as(ANN, (client) => read(client));
    const holding = hasty.as(BEN, (client) => read(client, 'select pg_sleep(1.5)'));
    const started = performance.now();
    await expect(hasty.as(ANN, (client) => read(client))).rejects.toThrow(/timeout/);
    expect(performance.now() - started).toBeLessThan(1200);
    await holding;
    expect((await hasty.as(ANN, (client) => read(client))).rows).toHaveLength(3);
  });
});
