/**
 * What the application's migrations add to the API, for the isolation matrix of test/app. complete.test.ts
 * names every table, column, function, field and argument that the database has and no row describes.
 * Data only. `$M` in a value stands for a mark that tells the rows of one person from those of another.
 */
import { type Column, type Rows, SHIPPED_ROWS } from '../proof/rows.ts';

/** Columns added to shipped tables: `'public.task': { priority: { value: 1, writable: true, ordered: true } }`. */
const COLUMNS: Readonly<Record<string, Readonly<Record<string, Column>>>> = {};

/** Types whose rows have the list of a shipped table: `'public.task': ['List']`. */
const PARENTS: Readonly<Record<string, readonly string[]>> = {};

/** Filters added to shipped tables, each with a GraphQL literal that every row meets. */
const FILTERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {};

/** Tables and functions of the application. The table `note` in test/proof/new-table.test.ts is an example. */
const ADDED: Rows = { tables: [], functions: [], privateTables: {}, impersonalTables: [] };

export const ROWS: Rows = {
  tables: [
    ...SHIPPED_ROWS.tables.map((table) => ({
      ...table,
      columns: { ...table.columns, ...COLUMNS[table.sql] },
      parents: [...(table.parents ?? []), ...(PARENTS[table.sql] ?? [])],
      filters: { ...table.filters, ...FILTERS[table.sql] },
    })),
    ...ADDED.tables,
  ],
  functions: [...SHIPPED_ROWS.functions, ...ADDED.functions],
  privateTables: { ...SHIPPED_ROWS.privateTables, ...ADDED.privateTables },
  impersonalTables: [...SHIPPED_ROWS.impersonalTables, ...ADDED.impersonalTables],
};
