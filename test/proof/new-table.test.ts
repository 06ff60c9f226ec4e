/** A table that a migration adds is proved by one row of data: not a line of the matrix knows it. */
import { buildClientSchema, getIntrospectionQuery } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { NOTE } from '../doctor/fixtures/fixture.ts';
import { useTestDatabase } from '../support/database.ts';
import { newUserId } from '../support/people.ts';
import { useTestServer } from '../support/server.ts';
import { dataOf } from '../support/tasks.ts';
import { unproved } from './coverage.ts';
import { useGraphqlMatrix } from './graphql-matrix.ts';
import { type Rows, type ServedTable, SHIPPED_ROWS } from './rows.ts';
import { useSqlMatrix } from './sql-matrix.ts';
import { waysOf } from './ways.ts';

const NOTES: ServedTable = {
  sql: 'public.note',
  type: 'Note',
  list: 'notes',
  deletable: true,
  columns: { body: { value: '$M body', writable: true } },
};
const rows: Rows = { ...SHIPPED_ROWS, tables: [...SHIPPED_ROWS.tables, NOTES] };

/** A view without a key: its cursors name a place by all columns. */
const NOTE_LINE = `
  create view public.note_line with (security_invoker) as select id, body from public.note;
  grant select on public.note_line to todo_user;
  comment on view public.note_line is 'A line of a note.';`;
const withView: Rows = {
  ...rows,
  tables: [
    ...rows.tables,
    {
      sql: 'public.note_line',
      type: 'NoteLine',
      list: 'noteLines',
      viewOf: 'public.note',
      columns: { body: { value: '$M body' } },
    },
  ],
};

describe('in SQL', () => {
  const database = useTestDatabase();
  beforeAll(() => database.owner.query(NOTE));
  const [victim, stranger] = [newUserId(), newUserId()];
  const matrix = useSqlMatrix(database, victim, stranger, rows);

  const ways = waysOf(victim, stranger);

  // Those that differ in who it acts for; sql.test.ts has them all.
  test.each([
    'the server, owner',
    'the server, another person',
    'the server, no claim',
    'a login, owner',
    'a login, another person with the owner’s claim',
  ])('%s reaches its own notes only', async (name) => {
    const way = ways[name];
    if (!way) throw new Error(`no way ${name}`);
    expect(await matrix.reads(way, NOTES)).toEqual([]);
    expect(await matrix.writes(way, NOTES)).toEqual([]);
  });
});

describe('over HTTP', () => {
  const database = useTestDatabase();
  beforeAll(() => database.owner.query(NOTE + NOTE_LINE));
  const server = useTestServer(database);
  const [victim, stranger] = [newUserId(), newUserId()];
  const matrix = useGraphqlMatrix(database, server, victim, stranger, withView);

  test('with its row nothing is missing', async () => {
    const answer = await server.ask(stranger, getIntrospectionQuery());
    const schema = buildClientSchema(dataOf(answer));
    expect(await unproved(database.owner, schema, withView)).toEqual([]);
    expect(await unproved(database.owner, schema, SHIPPED_ROWS)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^public\.note has no row: add this one to `tables`/),
      ]),
    );
  });

  test.each([
    ['the owner', victim],
    ['another person', stranger],
  ])('%s reaches their own notes only', async (_, person) => {
    const names = matrix.operations.map(({ name }) => name).filter((name) => /note/i.test(name));
    expect(names).toEqual(
      expect.arrayContaining([
        'updateNote input patch body',
        'noteLines after',
        'noteLines before',
      ]),
    );
    expect(await matrix.as(person, names)).toEqual([]);
  });
});
