/**
 * `npm run db -- new-table`: the SQL runs twice, the doctor has no finding for it, and the matrix is content
 * with the printed row. What cannot be a table is refused in one sentence.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildClientSchema, getIntrospectionQuery } from 'graphql';
import JSON5 from 'json5';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rowOf, tableOf } from '../../src/cli/new-table.ts';
import { examine } from '../../src/doctor/doctor.ts';
import { OperatorError } from '../../src/errors.ts';
import { refreshDirectViews } from '../../src/migrate/direct.ts';
import { scaffold } from '../../src/migrate/scaffold.ts';
import { parseColumn } from '../../src/migrate/scaffold-column.ts';
import { unproved } from '../proof/coverage.ts';
import { useGraphqlMatrix } from '../proof/graphql-matrix.ts';
import { type Rows, type ServedTable, SHIPPED_ROWS } from '../proof/rows.ts';
import { useSqlMatrix } from '../proof/sql-matrix.ts';
import { waysOf } from '../proof/ways.ts';
import { useCheckout } from '../support/checkout.ts';
import { useTestDatabase } from '../support/database.ts';
import { newUserId } from '../support/people.ts';
import { useTestServer } from '../support/server.ts';
import { dataOf } from '../support/tasks.ts';

const wanted = (name: string, columns: readonly string[], parents: readonly string[] = []) => ({
  name,
  columns: columns.map(parseColumn),
  parents,
});

const STEP = wanted(
  'sub_step',
  ['name text not null', 'due_on date', 'weight numeric(10, 2) not null default 0', 'done boolean'],
  ['task'],
);

describe('a new table', () => {
  const database = useTestDatabase();
  let sql: string;
  const rows: { tables: ServedTable[] } & Rows = {
    ...SHIPPED_ROWS,
    tables: [...SHIPPED_ROWS.tables],
  };
  beforeAll(async () => {
    const table = await tableOf(database.owner, STEP);
    sql = scaffold(table);
    // The text of a row is JSON5 but for its last comma.
    rows.tables.push(JSON5.parse(rowOf(table).replace(/,$/, '')));
    for (let i = 0; i < 2; i++) await database.owner.query(`begin; ${sql}; commit`);
    await refreshDirectViews(database.owner);
  });
  const server = useTestServer(database);
  // Two matrices make their people's rows again and again, so each has people of its own.
  const [alice, bob, victim, stranger] = [newUserId(), newUserId(), newUserId(), newUserId()];
  const inSql = useSqlMatrix(database, alice, bob, rows);
  const inHttp = useGraphqlMatrix(database, server, victim, stranger, rows);

  test('passes the doctor as it is, without a warning', async () => {
    const findings = await examine(database.owner);
    expect(findings.filter(({ code }) => code !== 'SERVER_VERSION')).toEqual([]);
  });

  test('has a comment for every part, and lines of at most 120 characters', () => {
    expect(sql.split('\n').filter((line) => line.length > 120)).toEqual([]);
    for (const kind of ['table', 'column', 'constraint', 'trigger', 'policy'])
      expect(sql).toContain(`comment on ${kind} `);
    expect(sql).toMatch(/^-- Sub step: say here why this table exists\.\n/);
  });

  test('is proved by the printed row', async () => {
    const schema = buildClientSchema(dataOf(await server.ask(stranger, getIntrospectionQuery())));
    expect(await unproved(database.owner, schema, rows)).toEqual([]);
    const [, , step] = rows.tables;
    if (!step) throw new Error('the row is missing');
    const ways = waysOf(alice, bob);
    for (const name of ['the server, another person', 'the server, no claim', 'a login, owner']) {
      const way = ways[name];
      if (!way) throw new Error(`no way ${name}`);
      expect([name, await inSql.reads(way, step)]).toEqual([name, []]);
      expect([name, await inSql.writes(way, step)]).toEqual([name, []]);
    }
  });

  test.each([
    ['the owner', victim],
    ['another person', stranger],
  ])('gives %s their own rows over HTTP', async (_, person) => {
    const names = inHttp.operations.map(({ name }) => name).filter((name) => /subStep/i.test(name));
    expect(names).toEqual(
      expect.arrayContaining(['updateSubStep input patch taskId', 'task.subSteps']),
    );
    expect(await inHttp.as(person, names)).toEqual([]);
  });
});

describe('what cannot be a table', () => {
  const database = useTestDatabase();
  test.each([
    ['Tag', ['x text'], [], '"Tag" cannot be the name of a table.'],
    ['tag', ['x__y text'], [], '"x__y" cannot be the name of a column.'],
    ['t'.repeat(41), ['x text'], [], /^"t+" cannot be the name of a table\.$/],
    [
      'order',
      ['x text'],
      [],
      'order is a reserved word of SQL, so it cannot be the name of a table.',
    ],
    [
      'tag',
      ['order text'],
      [],
      'order is a reserved word of SQL, so it cannot be the name of a column.',
    ],
    ['tags', ['x text'], [], 'tags is a plural, and a table is named after one row.'],
    ['query', ['x text'], [], 'The API has a type or field of the name query already.'],
    ['task', ['x text'], [], 'There is already a table or view task.'],
    ['tag', ['x strng'], [], 'There is no type strng for the column x.'],
    ['tag', ['x serial'], [], 'The column x is serial, and sequences cannot be granted to people.'],
    ['tag', ['x record'], [], 'record is a pseudo-type, so the column x cannot have it.'],
    ['tag', ['x varchar(0)'], [], /^The column x cannot be made as "varchar\(0\)": /],
    ['tag', ['x integer default y'], [], /^The column x cannot be made as "integer default y": /],
    [
      'tag',
      ['x text default 1); drop table public.task; --'],
      [],
      /^The column x cannot be made as /,
    ],
    ['tag', ['x text); drop table public.task; --'], [], /^There is no type text\); drop table/],
    ['tag', ['x text', 'x date'], [], 'The column x is given twice.'],
    ['tag', ['user_id integer'], [], 'Every new table has the column user_id already.'],
    ['tag', ['task_id integer'], ['task'], 'The column task_id is given twice.'],
    ['tag', ['task text'], ['task'], /^The column task would have the same field in the API/],
    ['tag', ['x text'], ['list'], 'There is no table list to refer to.'],
    [
      'tag',
      ['x text'],
      ['user'],
      'Every row belongs to a person already: the column user_id refers to "user".',
    ],
  ])('%s %j %j', async (name, columns, parents, sentence) => {
    const refused = await tableOf(database.owner, wanted(name, columns, parents)).catch(
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(OperatorError);
    if (!(refused instanceof OperatorError)) return;
    expect(refused.message).toEqual(
      typeof sentence === 'string' ? sentence : expect.stringMatching(sentence),
    );
    expect(refused.fix).not.toBe('');
    const { rows } = await database.owner.query("select to_regclass('public.task')::text as task");
    expect(rows).toEqual([{ task: 'task' }]);
  });

  test.each([
    ['name', '--column "name" is not a name and a type.'],
    ['name not null', 'The column name has no type.'],
    ['name text unique', 'The column name has a constraint, and constraints have names here.'],
  ])('--column %j', (text, sentence) => expect(() => parseColumn(text)).toThrow(sentence));
});

describe('the command', () => {
  const database = useTestDatabase();
  const checkout = useCheckout(() => ({
    DATABASE_URL: database.urls.owner,
    AUTH_DATABASE_URL: database.urls.authenticator,
  }));
  afterAll(() => writeFileSync(join(checkout.root, 'migrations/current.sql'), checkout.blank));

  test('writes a blank current.sql and prints the row; SQL that is there stays', {
    timeout: 120_000,
  }, async () => {
    const column = ['--column', 'name text not null'];
    const made = await checkout.db('new-table', 'list', ...column);
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(made.stdout).toContain("sql: 'public.list',\n  type: 'List',\n  list: 'lists',");
    const sql = checkout.read('migrations/current.sql');
    expect(sql).toContain('create table public.list (');

    const again = await checkout.db('new-table', 'tag', ...column);
    expect(again.code).toBe(1);
    expect(again.stderr).toMatch(/contains SQL, and new-table never overwrites it\.\n {2}Fix: /);
    expect(checkout.read('migrations/current.sql')).toBe(sql);
  });

  test.each([
    [[], 'new-table needs a name: new-table list'],
    [['list'], "list needs a column of its own: --column 'name text not null'"],
    [['list', 'tag', '--column', 'x text'], 'new-table makes one table at a time: list or tag.'],
    [['list', '--frob'], "Unknown option '--frob'."],
  ])('%j is refused with exit code 2', async (args, sentence) => {
    const { code, stderr } = await checkout.db('new-table', ...args);
    expect(code).toBe(2);
    expect(stderr).toContain(sentence);
  });
});
