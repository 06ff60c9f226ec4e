/**
 * Who reaches which row, as the real logins: every way in × every identity × every command. After each
 * attempt the superuser looks: the row is there, and is what it was unless the attempt was allowed.
 */
import type { Client } from 'pg';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { USER_ID_SETTING } from '../../src/database/session.ts';
import { outcome, useTestDatabase } from '../support/database.ts';
import {
  addressOf,
  addTask,
  addUser,
  newUserId,
  stored,
  usePsqlLogins,
} from '../support/people.ts';

const database = useTestDatabase();
const logins = usePsqlLogins(database);

const alice = newUserId();
const bob = newUserId();
const newcomer = newUserId();
let task: number;
let alicesLogin: Client;
let bobsLogin: Client;

beforeAll(async () => {
  await addUser(database.privileged, alice);
  await addUser(database.privileged, bob);
  await addTask(database.privileged, bob, 'Bob’s');
  alicesLogin = await logins.open(await logins.grant(alice));
  bobsLogin = await logins.open(await logins.grant(bob));
});

beforeEach(async () => {
  await database.privileged.query('delete from public.task where user_id = $1', [alice]);
  task = await addTask(database.privileged, alice, 'Alice’s');
});

/** A way in: which login, which role in the transaction, and what the setting says. */
interface Way {
  readonly client: () => Client;
  readonly role?: string;
  readonly claim: string | null;
  /** A personal login has views instead of tables. */
  readonly views?: true;
}

async function attempt(way: Way, sql: string, values: unknown[]): Promise<string> {
  const client = way.client();
  await client.query('begin');
  try {
    if (way.role) await client.query(`set local role ${way.role}`);
    if (way.claim !== null)
      await client.query('select set_config($1, $2, true)', [USER_ID_SETTING, way.claim]);
    const text = way.views ? sql.replaceAll('public.', 'direct.') : sql;
    const result = await outcome(client.query(text, values));
    // A refused transaction ends in a rollback, whatever is asked for.
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}

const onTask: Record<string, [sql: string, values: () => unknown[]]> = {
  'select task': ['select from public.task where id = $1', () => [task]],
  'insert task': ["insert into public.task (title) values ('Mine')", () => []],
  'update task': ['update public.task set completed = true where id = $1', () => [task]],
  'delete task': ['delete from public.task where id = $1', () => [task]],
  'select user': ['select from public."user" where id = $1', () => [alice]],
  'insert user': [
    'insert into public."user" (id, email) values ($1, $2)',
    () => [newcomer, addressOf(newcomer)],
  ],
  'update user': [
    'update public."user" set email = $2 where id = $1',
    () => [alice, 'taken-over@example.com'],
  ],
  'delete user': ['delete from public."user" where id = $1', () => [alice]],
};

const COMMANDS = Object.keys(onTask);
/** In the order of COMMANDS. */
const OWNER = 'ok 1, ok 1, ok 1, ok 1, ok 1, 42501, 42501, 42501';
const STRANGER = 'ok 0, ok 1, ok 0, ok 0, ok 0, 42501, 42501, 42501';
const NOBODY = 'ok 0, 42501, ok 0, ok 0, ok 0, 42501, 42501, 42501';
const NO_RIGHT = Array(8).fill('42501').join(', ');
/** For "user", a missing grant is noticed before the claim is read. */
const broken = (code: string) => `${Array(5).fill(code).join(', ')}, 42501, 42501, 42501`;
/** FORCE binds the owner: all commands are granted to it, and none reaches a row that is not its person's. */
const OWNER_ROLE_NOBODY = 'ok 0, 42501, ok 0, ok 0, ok 0, 42501, ok 0, ok 0';
const OWNER_ROLE_STRANGER = 'ok 0, ok 1, ok 0, ok 0, ok 0, 42501, ok 0, ok 0';

const request = (claim: string | null): Way => ({
  client: () => database.authenticator,
  role: 'todo_user',
  claim,
});
const forgot = (claim: string | null): Way => ({ client: () => database.authenticator, claim });
const owner = (claim: string | null): Way => ({ client: () => database.owner, claim });
const alices = (claim: string | null): Way => ({
  client: () => alicesLogin,
  claim,
  views: true,
});
const bobs = (claim: string | null): Way => ({ client: () => bobsLogin, claim, views: true });
const A = String(alice);
const B = String(bob);

const matrix: [who: string, way: Way, expected: string][] = [
  ['a request of the row’s owner', request(A), OWNER],
  ['a request of a stranger', request(B), STRANGER],
  ['a request without a claim', request(null), NOBODY],
  ['a request with an empty claim', request(''), NOBODY],
  ['a request with a garbage claim', request('alice'), broken('22P02')],
  ['a request with two ids in the claim', request(`${A},${B}`), broken('22P02')],
  ['a request with a claim that is SQL', request(`${A} or true`), broken('22P02')],
  ['a request with an out of range claim', request('2147483648'), broken('22003')],
  ['a request with a negative claim', request(`-${A}`), NOBODY.replace('42501', '23503')],
  ['a personal login, its own rows', alices(null), OWNER],
  ['a personal login that claims to be a stranger', alices(B), OWNER],
  ['a personal login with a garbage claim', alices('alice'), OWNER],
  ['a personal login, a stranger’s rows', bobs(null), STRANGER],
  ['a personal login that claims to be the row’s owner', bobs(A), STRANGER],
  ['a personal login with an empty claim', bobs(''), STRANGER],
  ['a personal login with an out of range claim', bobs('2147483648'), STRANGER],
  ['the server’s login that forgot its role', forgot(null), NO_RIGHT],
  ['the server’s login that forgot its role, with a claim', forgot(A), NO_RIGHT],
  ['the tables’ owner without a claim', owner(null), OWNER_ROLE_NOBODY],
  ['the tables’ owner with an empty claim', owner(''), OWNER_ROLE_NOBODY],
  ['the tables’ owner with a stranger’s claim', owner(B), OWNER_ROLE_STRANGER],
];

describe.each(matrix)('%s', (_, way, expected) => {
  test.each(COMMANDS.map((command, i) => [command, expected.split(', ')[i] ?? '']))(
    '%s: %s',
    async (command, result) => {
      const [sql, values] = onTask[command] ?? ['', () => []];
      const target = async () =>
        (await stored(database.privileged, alice, newcomer)).map((row) => JSON.stringify(row));
      const before = await target();
      expect(before.join()).toContain('Alice’s');
      expect(await attempt(way, sql, values())).toBe(result);
      const after = await target();
      const changes = result === 'ok 1' && !command.startsWith('select');
      const mine = expected === OWNER;
      if (changes && mine) expect(after).not.toEqual(before);
      else expect(after).toEqual(before);
    },
  );
});

test('the owner of the tables reaches a person’s rows only by acting for that person', async () => {
  for (const name of ['select task', 'select user']) {
    const [sql, values] = onTask[name] ?? ['', () => []];
    expect(await attempt(owner(A), sql, values())).toBe('ok 1');
    for (const other of [owner(null), owner(''), owner(B)]) {
      expect(await attempt(other, sql, values())).toBe('ok 0');
    }
  }
});

describe.each([
  ['a request', () => request(A)],
  ['a personal login', () => alices(null)],
])('%s of the row’s owner', (_, way) => {
  const { views } = way();
  const refused: [what: string, sql: string, code?: string, inViews?: false][] = [
    // Answered by the rewriter, before rights are looked at; with OVERRIDING they are.
    ['choose id', "insert into public.task (id, title) values (1, 'x')", views ? '42501' : '428C9'],
    [
      'choose id by default',
      "insert into public.task (id, title) values (default, 'x')",
      '42501',
      false,
    ],
    [
      'override the identity',
      "insert into public.task (id, title) overriding system value values (1, 'x')",
    ],
    [
      'override it away',
      "insert into public.task (id, title) overriding user value values (1, 'x')",
    ],
    ['choose user_id', `insert into public.task (title, user_id) values ('x', ${B})`],
    [
      'choose its own user_id',
      `insert into public.task (title, user_id) values ('x', ${A})`,
      '42501',
      false,
    ],
    ['choose created_at', "insert into public.task (title, created_at) values ('x', '2020-01-01')"],
    ['choose updated_at', "insert into public.task (title, updated_at) values ('x', '2020-01-01')"],
    ['change id', 'update public.task set id = default'],
    ['give a task away', `update public.task set user_id = ${B}`],
    ['change created_at', 'update public.task set created_at = now()'],
    ['change updated_at', 'update public.task set updated_at = null', '42501', false],
    ['change one column with a row', "update public.task set (title, user_id) = ('x', 1)"],
    ['truncate', 'truncate public.task', views ? '42809' : '42501'],
    ['truncate user', 'truncate public."user" cascade', views ? '42809' : '42501'],
  ];
  // In views, a value that the row has or that means its default is taken: ORMs name every column.
  const here = refused.filter(([, , , inViews = true]) => !views || inViews);
  test.each(here)('cannot %s', async (_what, sql, code = '42501') => {
    const before = await stored(database.privileged, alice, bob);
    expect(before.length).toBeGreaterThan(3);
    expect(await attempt(way(), sql, [])).toBe(code);
    expect(await stored(database.privileged, alice, bob)).toEqual(before);
    // The control: without the column that is refused, the same person may do it.
    const allowed =
      "insert into public.task (title, description, completed) values ('x', 'y', true)";
    expect(await attempt(way(), allowed, [])).toBe('ok 1');
  });
});
