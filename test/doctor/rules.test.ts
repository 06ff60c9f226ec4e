/** Every rule of the doctor: nothing, then the rule is broken, then the printed fix has been run. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClientBase } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { examine, examineHere, type Finding, SERVER_LOGIN } from '../../src/doctor/doctor.ts';
import { DOCTOR_SQL, doctorSql } from '../../src/doctor/statement.ts';
import { useTestDatabase } from '../support/database.ts';
import { isKnown } from '../support/since.ts';
import { FIXTURES } from './fixtures/all.ts';
import { NOTE } from './fixtures/fixture.ts';
import { KINDS_RIGHT } from './fixtures/kinds.ts';
import { HARMLESS } from './fixtures/reach.ts';

const database = useTestDatabase();

const ROOT = join(import.meta.dirname, '../..');

const brief = (findings: readonly Finding[]) =>
  findings
    // Of the test server itself; it has a test of its own below.
    .filter(({ code }) => code !== 'SERVER_VERSION')
    .map(({ code, level, object }) => ({ code, level, object }));

/**
 * As examineHere, but PostgreSQL plans the statement once for each login: planning takes as long as running, and
 * no rule depends on it. The tests of the whole database below use the doctor's own way.
 */
async function judge(client: ClientBase, login = SERVER_LOGIN): Promise<Finding[]> {
  await client.query("set local search_path = ''; set local jit = off");
  const text = doctorSql(login);
  return (await client.query<Finding>({ name: `doctor ${login}`, text })).rows;
}

/** The codes that a text names, sorted. */
const codesIn = (text: string, pattern: RegExp): string[] =>
  [...new Set(text.match(pattern))].sort();

const inSql = () =>
  codesIn(DOCTOR_SQL, /(?<=')[A-Z]+(_[A-Z]+)+(?=')|(?<=select ')[A-Z]+(?=', 'warning')/g);

beforeAll(() => database.owner.query(NOTE));
afterAll(() => database.owner.query('drop table public.note'));

// That there is no finding before the break is the test of the committed migrations below.
describe('a finding comes with the break and goes with its fix', () => {
  test.each(FIXTURES.filter(({ sql }) => isKnown(sql)))('$code: $sql', async (fixture) => {
    const client = fixture.by === 'superuser' ? database.privileged : database.owner;
    const here = (text: string) => text.replaceAll('DATABASE', database.name);
    await client.query('begin');
    try {
      const login = fixture.login ?? SERVER_LOGIN;
      await client.query(here(fixture.sql));
      const found = await judge(client, login);
      const { code, object, level = 'error' } = fixture;
      // Views follow the tables at the next migration only; a fixture is none.
      const own = (findings: readonly Finding[]) =>
        brief(findings).filter((one) => one.code === code || one.code !== 'DIRECT_CHANGED');
      expect(own(found)).toEqual([{ code, level, object: here(object) }]);

      const fix = found.find((finding) => finding.code === code)?.fix ?? '';
      if (fixture.fixable === false) {
        expect(fix).toMatch(/^-- /);
      } else {
        await client.query(fix);
        expect(own(await judge(client, login))).toEqual([]);
      }
    } finally {
      await client.query('rollback');
    }
  });
});

test('the committed migrations and a table made by the rules give no finding but the age of the server', async () => {
  const findings = await examine(database.owner);
  expect(findings.filter(({ code }) => code !== 'SERVER_VERSION')).toEqual([]);
});

test('the owner, the server and a superuser get the same answer, whatever their search_path is', async () => {
  await database.owner.query('alter table public.note no force row level security');
  try {
    const answers = [];
    for (const client of [database.owner, database.authenticator, database.privileged]) {
      for (const path of ['', 'public', 'app_private, public']) {
        await client.query('select set_config($1, $2, false)', ['search_path', path]);
        answers.push(await examine(client));
      }
      await client.query('reset search_path');
    }
    expect(brief(answers[0] ?? [])).toEqual([
      { code: 'RLS_NOT_FORCED', level: 'error', object: 'public.note' },
    ]);
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  } finally {
    await database.owner.query('alter table public.note force row level security');
  }
});

test.each([
  'user_id = (select app_private.current_user_id())',
  "user_id = (select app_private.current_user_id()) and body <> 'hidden'",
  'user_id = (select app_private.current_user_id()) and (id > 0 or body is null) and exists (select from public.task as t where t.id = note.id)',
])('right, and no finding: using (%s)', async (expression) => {
  const { owner } = database;
  await owner.query('begin');
  try {
    await owner.query(`alter policy select_own on public.note using (${expression})`);
    expect(brief(await examineHere(owner))).toEqual([]);
  } finally {
    await owner.query('rollback');
  }
});

test.each([...HARMLESS, ...KINDS_RIGHT])('right, and no finding: %s', async (sql) => {
  const { owner } = database;
  await owner.query('begin');
  try {
    await owner.query(sql);
    expect(brief(await judge(owner))).toEqual([]);
  } finally {
    await owner.query('rollback');
  }
});

test('a person cannot make the server refuse by what they may do to their own login', async () => {
  const { privileged } = database;
  const person = 'todo_psql_1999999998';
  await privileged.query('begin');
  try {
    await privileged.query(`create role ${person} login noinherit`);
    await privileged.query(`set local session authorization ${person}`);
    await privileged.query(`alter role ${person} set role = 'todo_user'`);
    await privileged.query(`alter role ${person} set search_path = 'app_private'`);
    await privileged.query('reset session authorization');
    const { rows } = await privileged.query(
      'select setconfig from pg_db_role_setting where setrole = $1::regrole',
      [person],
    );
    expect(rows[0]?.setconfig).toContain('role=todo_user');
    expect(brief(await examineHere(privileged))).toEqual([]);
  } finally {
    await privileged.query('rollback');
  }
});

test('partitioned tables and their partitions are held to the same rules', async () => {
  const { owner } = database;
  await owner.query('begin');
  try {
    await owner.query(`
      create table public.entry (
        id integer generated always as identity,
        user_id integer not null references public."user" (id) on delete cascade,
        primary key (id, user_id)
      ) partition by hash (user_id);
      create index on public.entry (user_id);
      create table public.entry_0 partition of public.entry for values with (modulus 1, remainder 0);
      comment on table public.entry is 'An entry.';
      comment on column public.entry.id is 'Its id.';
      comment on column public.entry.user_id is 'Its owner.';
      grant select on public.entry to todo_user`);
    expect(brief(await examineHere(owner))).toEqual([
      { code: 'IMMUTABLE_MISSING', level: 'error', object: 'public.entry' },
      { code: 'POLICY_MISSING', level: 'error', object: 'public.entry' },
      { code: 'RLS_OFF', level: 'error', object: 'public.entry' },
      { code: 'RLS_OFF', level: 'error', object: 'public.entry_0' },
    ]);
  } finally {
    await owner.query('rollback');
  }
});

test('an empty database is a finding and no crash', async () => {
  const { owner } = database;
  await owner.query('begin');
  try {
    await owner.query('drop schema app_private, public cascade');
    const codes = brief(await examineHere(owner)).map(({ code }) => code);
    expect(codes).toContain('IDENTITY_MISSING');
  } finally {
    await owner.query('rollback');
  }
});

test('a server without the current security fixes gets a warning, not an error', async () => {
  const { rows } = await database.owner.query("select current_setting('server_version_num') as n");
  const found = (await examine(database.owner)).filter(({ code }) => code === 'SERVER_VERSION');
  const old = Number(rows[0]?.n) < 180007;
  expect(found.map(({ level }) => level)).toEqual(old ? ['warning'] : []);
});

test('every code of the doctor has a fixture', () => {
  const tried = new Set(FIXTURES.map(({ code }) => code));
  const elsewhere = ['EXCEPTION_UNUSED', 'IDENTITY_MISSING', 'SERVER_VERSION'];
  expect(inSql().filter((code) => !tried.has(code))).toEqual(elsewhere);
});

test('docs/doctor.md explains every code of the doctor, and no other', () => {
  const explained = readFileSync(join(ROOT, 'docs/doctor.md'), 'utf8');
  expect(codesIn(explained, /(?<=^\| `)[A-Z_]+(?=`)/gm)).toEqual(inSql());
});
