/** The matrix in SQL: every table × every command × every column, and every function × every way in. */
import { describe, expect, test } from 'vitest';
import { useSqlMatrix } from '../proof/sql-matrix.ts';
import { waysOf } from '../proof/ways.ts';
import { useTestDatabase } from '../support/database.ts';
import { newUserId } from '../support/people.ts';
import { ROWS } from './rows.ts';

const database = useTestDatabase('whole');
const [victim, stranger] = [newUserId(), newUserId()];
const matrix = useSqlMatrix(database, victim, stranger, ROWS);

describe.each(Object.entries(waysOf(victim, stranger)))('%s', (_, way) => {
  for (const table of ROWS.tables) {
    test(`every column of ${table.sql}, read, filtered and sorted, gives the actor’s own rows`, async () =>
      expect(await matrix.reads(way, table)).toEqual([]));
    test(`every column of ${table.sql}, written, and every delete, reaches the actor’s own rows`, async () =>
      expect(await matrix.writes(way, table)).toEqual([]));
  }
  test('every function stays with the actor’s own rows', async () =>
    expect(await matrix.functions(way)).toEqual([]));
});
