/**
 * What the application's migrations add, for the isolation matrix of test/app: data only. complete.test.ts
 * names what has no row here, with the row to add. test/proof/rows.ts explains each property.
 */
import { type Added, withAdded } from '../proof/rows.ts';

const ADDED: Added = {
  columns: {},
  tables: [],
  functions: [],
  privateTables: {},
  impersonalTables: [],
};

export const ROWS = withAdded(ADDED);
