/** What the server asks the database about a person, and when: never twice for what it knows. */
import { Pool } from 'pg';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { AccountError } from '../../src/accounts/account-error.ts';
import { Users } from '../../src/accounts/users.ts';
import type { Identity } from '../../src/identity/identity.ts';
import { useTestDatabase } from '../support/database.ts';

const database = useTestDatabase();
const NOW = Math.floor(Date.now() / 1000);
let nextId = 700;
let queries = 0;
let pool: Pool;
let users: Users;
const pools: Pool[] = [];

/** A server process of its own, as far as users are concerned. `queries` counts its real ones. */
function newProcess(max?: number): Users {
  pool = new Pool({ connectionString: database.urls.authenticator, max: 5 });
  pool.on('acquire', () => {
    queries++;
  });
  pools.push(pool);
  return new Users(pool, () => {}, max === undefined ? {} : { maxPeople: max });
}

beforeEach(() => {
  users = newProcess();
  queries = 0;
});
afterAll(() => Promise.all(pools.map((one) => one.end())));

const person = (change: Partial<Identity> = {}): Identity => {
  const userId = change.userId ?? nextId++;
  return { userId, email: `u${userId}@x.test`, issuedAt: NOW, expiresAt: NOW + 900, ...change };
};

const emailOf = async ({ userId }: Identity): Promise<string | undefined> => {
  const { rows } = await database.privileged.query('select email from "user" where id = $1', [
    userId,
  ]);
  return rows[0]?.email;
};

const codeOf = async (work: Promise<unknown>): Promise<string | undefined> => {
  const error = await work.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(AccountError);
  return (error as AccountError).code;
};

describe('a known person costs no query', () => {
  test('however often one token comes', async () => {
    const one = person();
    for (let i = 0; i < 50; i++) await users.ensure(one);
    expect(queries).toBe(1);
    expect(await emailOf(one)).toBe(one.email);
  });

  test('whether two tokens come by turns or not', async () => {
    const phone = person();
    const laptop = { ...phone, issuedAt: NOW + 60 };
    for (let i = 0; i < 20; i++) {
      await users.ensure(phone);
      await users.ensure(laptop);
    }
    expect(queries).toBe(2);
  });

  test('also around a change of address, where the newest token decides', async () => {
    const before = person();
    const after = { ...before, email: `new${before.userId}@x.test`, issuedAt: NOW + 60 };
    for (let i = 0; i < 20; i++) {
      await users.ensure(before);
      await users.ensure(after);
    }
    expect(queries).toBe(2);
    expect(await emailOf(before)).toBe(after.email);
  });

  test('also when two tokens of one second state two addresses', async () => {
    const one = person();
    const other = { ...one, email: `other${one.userId}@x.test` };
    for (let i = 0; i < 20; i++) {
      await users.ensure(one);
      await users.ensure(other);
    }
    expect(queries).toBe(2);
  });

  test('also when a token without an address comes by turns with one that has one', async () => {
    const one = person();
    for (let i = 0; i < 20; i++) {
      await users.ensure(one);
      await users.ensure({ ...one, email: null, issuedAt: NOW + 60 });
    }
    expect(queries).toBe(1);
  });

  test('also when the older of two tokens comes second', async () => {
    const newer = person();
    const older = { ...newer, issuedAt: NOW - 60 };
    for (let i = 0; i < 20; i++) {
      await users.ensure(newer);
      await users.ensure(older);
    }
    expect(queries).toBe(2);
  });
});

describe('a person who changes the address', () => {
  test('back again is followed, even if another process saw the change', async () => {
    const elsewhere = users;
    const here = newProcess();
    const a = person();
    const b = { ...a, email: `b${a.userId}@x.test`, issuedAt: NOW + 60 };
    const c = { ...a, issuedAt: NOW + 120 };
    await here.ensure(a);
    await elsewhere.ensure(b);
    expect(await emailOf(a)).toBe(b.email);
    await here.ensure(c);
    expect(await emailOf(a)).toBe(a.email);
  });

  test('to one that another account has is refused, and nothing changes', async () => {
    const one = person();
    const other = person();
    await users.ensure(one);
    await users.ensure(other);
    const taken = { ...one, email: other.email, issuedAt: NOW + 60 };
    expect(await codeOf(users.ensure(taken))).toBe('EMAIL_TAKEN');
    expect(await codeOf(users.ensure(taken)), 'asked again').toBe('EMAIL_TAKEN');
    expect([await emailOf(one), await emailOf(other)]).toEqual([one.email, other.email]);
    expect(await users.ensure(one), 'the earlier token still counts').toBeUndefined();
  });
});

describe('a first request', () => {
  test('of one token, fifty times at once, is one query and one row', async () => {
    const one = person();
    await Promise.all(Array.from({ length: 50 }, () => users.ensure(one)));
    expect(queries).toBe(1);
    expect(await emailOf(one)).toBe(one.email);
  });

  test('of one new person at twelve processes at once succeeds at all of them', async () => {
    const processes = Array.from({ length: 12 }, () => newProcess());
    const one = person();
    await Promise.all(processes.map((each) => each.ensure(one)));
    expect(await emailOf(one)).toBe(one.email);
  });

  test('without an address is a clear error for a new person, and fine for a known one', async () => {
    const silent = person({ email: null });
    expect(await codeOf(users.ensure(silent))).toBe('BAD_USER_INPUT');
    expect(await emailOf(silent)).toBeUndefined();
    await newProcess().ensure({ ...silent, email: `s${silent.userId}@x.test` });
    expect(await users.ensure(silent)).toBeUndefined();
  });

  test('with an address the database will not have is the client’s error', async () => {
    // Three UTF-16 units, as the claim is checked, but two characters.
    expect(await codeOf(users.ensure(person({ email: '😀@' })))).toBe('BAD_USER_INPUT');
  });

  test('that failed is not remembered', async () => {
    const holder = person();
    await users.ensure(holder);
    const late = person({ email: holder.email });
    expect(await codeOf(users.ensure(late))).toBe('EMAIL_TAKEN');
    await database.owner.query('select app_private.end_account($1)', [holder.userId]);
    expect(await users.ensure(late)).toBeUndefined();
    expect(await emailOf(late)).toBe(late.email);
  });
});

test('memory is bounded: the person unseen for longest is asked about again', async () => {
  const small = newProcess(3);
  const [a, b, c, d] = [person(), person(), person(), person()];
  for (const one of [a, b, c, a, d]) await small.ensure(one);
  queries = 0;
  for (const one of [a, c, d]) await small.ensure(one);
  expect(queries, 'still known').toBe(0);
  await small.ensure(b);
  expect(queries, 'forgotten').toBe(1);
});
