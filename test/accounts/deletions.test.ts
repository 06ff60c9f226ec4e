/** Deleted stays deleted: on this process at once, on every other within seconds, whoever deleted. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { Users } from '../../src/accounts/users.ts';
import type { Identity } from '../../src/identity/identity.ts';
import { asUser, outcome, useTestDatabase } from '../support/database.ts';
import { UNLESS_BUSY } from '../support/retry.ts';

const database = useTestDatabase();
const pools: Pool[] = [];
let nextId = 900;

function newProcess(url = database.urls.authenticator) {
  const seen = { queries: 0, log: [] as string[] };
  const pool = new Pool({ connectionString: url, max: 3, connectionTimeoutMillis: 20_000 });
  pool.on('error', () => {});
  pool.on('acquire', () => {
    seen.queries++;
  });
  pools.push(pool);
  return Object.assign(new Users(pool, (line) => seen.log.push(line)), { seen });
}

afterEach(() => vi.useRealTimers());
afterAll(() => Promise.all(pools.map((one) => one.end())));

/** A token issued a minute ago, or so many seconds. */
function person(ago = 60): Identity {
  const userId = nextId++;
  const issuedAt = Math.floor(Date.now() / 1000) - ago;
  return { userId, email: `d${userId}@x.test`, issuedAt, expiresAt: issuedAt + 900 };
}

const exists = async ({ userId }: Identity): Promise<boolean> => {
  const { rowCount } = await database.privileged.query('select from "user" where id = $1', [
    userId,
  ]);
  return rowCount === 1;
};

/** Only our clock for "seconds ago" moves; the database's goes on in real time. */
const useClock = () => vi.useFakeTimers({ toFake: ['performance'] });
const deleted = { code: 'ACCOUNT_DELETED' };

describe('after a deletion', () => {
  test.each<[string, (one: Identity) => Promise<unknown>]>([
    [
      'by the person',
      async ({ userId }) => {
        const { authenticator } = database;
        await authenticator.query('begin');
        await authenticator.query('set local role todo_user');
        await authenticator.query("select set_config('jwt.claims.user_id', $1, true)", [
          `${userId}`,
        ]);
        await authenticator.query('select from public.delete_me()');
        await authenticator.query('commit');
      },
    ],
    [
      'by the owner’s hand',
      async ({ userId }) => {
        await database.privileged.query('delete from "user" where id = $1', [userId]);
      },
    ],
    [
      'by the sign-in service',
      ({ userId }) => database.owner.query('select app_private.end_account($1)', [userId]),
    ],
  ])('%s, every process refuses the old token within seconds', async (_name, end) => {
    useClock();
    const processes = [newProcess(), newProcess()];
    const one = person();
    for (const each of processes) await each.ensure(one);
    expect(await exists(one)).toBe(true);
    await end(one);
    vi.advanceTimersByTime(4001);
    for (const each of processes) await expect(each.ensure(one)).rejects.toMatchObject(deleted);
    for (const each of processes) await expect(each.ensure(one)).rejects.toMatchObject(deleted);
    expect(await exists(one), 'and it is not made again').toBe(false);
  });

  test(
    'in the middle of traffic a process learns of it in the background',
    UNLESS_BUSY,
    async () => {
      const here = newProcess();
      const one = person();
      await here.ensure(one);
      await database.privileged.query('delete from "user" where id = $1', [one.userId]);
      const began = Date.now();
      for (;;) {
        const refused = await here.ensure(one).then(
          () => false,
          () => true,
        );
        if (refused) break;
        expect(Date.now() - began).toBeLessThan(5000);
        await sleep(50);
      }
    },
  );

  test('that this process made, the very next request is refused', async () => {
    const here = newProcess();
    const [one, other] = [person(), person()];
    await here.ensure(one);
    await here.ensure(other);
    await database.privileged.query('delete from "user" where id = $1', [one.userId]);
    here.accountDeleted();
    const answers = await Promise.allSettled([
      here.ensure(one),
      here.ensure(other),
      here.ensure(one),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected']);
  });

  test('a token issued afterwards starts fresh, and stays good', async () => {
    useClock();
    const here = newProcess();
    const one = person();
    await here.ensure(one);
    await database.privileged.query('delete from "user" where id = $1', [one.userId]);
    here.accountDeleted();
    const fresh = { ...one, issuedAt: Math.floor(Date.now() / 1000) + 1 };
    expect(await here.ensure(fresh)).toBeUndefined();
    expect(await exists(one)).toBe(true);
    await expect(here.ensure(one), 'the old token').rejects.toMatchObject(deleted);
    vi.advanceTimersByTime(10_000);
    expect(await here.ensure(fresh)).toBeUndefined();
  });

  test('of somebody who was never here, tokens issued before it begin no account', async () => {
    const one = person();
    await database.owner.query('select app_private.end_account($1)', [one.userId]);
    await expect(newProcess().ensure(one)).rejects.toMatchObject(deleted);
    expect(await exists(one)).toBe(false);
  });

  test('whose transaction stayed open for minutes is noticed all the same', async () => {
    useClock();
    const here = newProcess();
    const one = person(3600);
    await here.ensure(one);
    await database.privileged.query('delete from "user" where id = $1', [one.userId]);
    // As if it had been committed only now.
    await database.privileged.query(
      "update app_private.deleted_user set deleted_at = now() - interval '9 minutes' where id = $1",
      [one.userId],
    );
    vi.advanceTimersByTime(4001);
    await expect(here.ensure(one)).rejects.toMatchObject(deleted);
  });
});

describe('asking who was deleted', () => {
  test('costs one query every two seconds at most, however many requests come', async () => {
    useClock();
    const here = newProcess();
    const one = person();
    await here.ensure(one);
    here.seen.queries = 0;
    for (let second = 0; second < 20; second++) {
      for (let i = 0; i < 50; i++) await here.ensure(one);
      await sleep(5);
      vi.advanceTimersByTime(1000);
    }
    expect(here.seen.queries).toBeGreaterThanOrEqual(5);
    expect(here.seen.queries).toBeLessThanOrEqual(10);
  });

  test('does not happen while nobody comes', async () => {
    useClock();
    const here = newProcess();
    await here.ensure(person());
    here.seen.queries = 0;
    vi.advanceTimersByTime(3_600_000);
    await sleep(20);
    expect(here.seen.queries).toBe(0);
  });

  test('covers the time that nobody came', async () => {
    useClock();
    const here = newProcess();
    const one = person(7200);
    await here.ensure(one);
    await database.privileged.query('delete from "user" where id = $1', [one.userId]);
    await database.privileged.query(
      "update app_private.deleted_user set deleted_at = now() - interval '50 minutes' where id = $1",
      [one.userId],
    );
    vi.advanceTimersByTime(3_600_000);
    await expect(here.ensure(one)).rejects.toMatchObject(deleted);
  });

  test('that fails is an error of the request, never a silent yes, and is asked again', async () => {
    useClock();
    const here = newProcess(database.urls.authenticator.replace(/:\d+\//, ':1/'));
    vi.advanceTimersByTime(4001);
    await expect(here.ensure(person())).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expect(here.ensure(person())).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('is for the server: no other role may', async () => {
    const ask = "select app_private.deletions_since('-infinity')";
    expect(await outcome(database.authenticator.query(ask))).toMatch(/^ok [1-9]/);
    await asUser(database.authenticator, 1, async (client) => {
      expect(await outcome(client.query(ask))).toBe('42501');
    });
    await database.authenticator.query('rollback');
    expect(await outcome(database.authenticator.query('select app_private.end_account(1)'))).toBe(
      '42501',
    );
    expect(
      await outcome(database.authenticator.query('select from app_private.deleted_user')),
    ).toBe('42501');
  });
});
