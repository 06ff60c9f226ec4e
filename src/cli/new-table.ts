/**
 * `npm run db -- new-table`: writes a table into migrations/current.sql and prints its row for the tests.
 * Takes the command line and the owner's database. Never overwrites SQL, never runs it.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { PgSimplifyInflectionPreset } from '@graphile/simplify-inflection';
import type { ClientBase } from 'pg';
import { buildInflection } from 'postgraphile/graphile-build';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';
import { withClient } from '../database/connect.ts';
import { OperatorError } from '../errors.ts';
import { CURRENT_FILE, CURRENT_NAME, isBlank, readCurrent } from '../migrate/current.ts';
import { scaffold } from '../migrate/scaffold.ts';
import { checkParent, checkTable } from '../migrate/scaffold-check.ts';
import { checkColumn, parseColumn } from '../migrate/scaffold-column.ts';
import {
  type NewColumn,
  type NewTable,
  type Parent,
  referenceName,
} from '../migrate/scaffold-names.ts';
import { rowText } from '../migrate/scaffold-row.ts';
import { UsageError } from './command.ts';
import { finish } from './migrations.ts';
import type { OwnerDatabase } from './owner-database.ts';

export interface Wanted {
  readonly name: string;
  readonly columns: readonly { name: string; type: string; rest: string }[];
  readonly parents: readonly string[];
}

/** Reads the command line before a database is started. */
export function wantedTable(args: string[]): Wanted {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      column: { type: 'string', multiple: true, default: [] },
      'refers-to': { type: 'string', multiple: true, default: [] },
    },
  });
  const [name, more] = positionals;
  if (!name) throw new UsageError('new-table needs a name: new-table list');
  if (more) throw new UsageError(`new-table makes one table at a time: ${name} or ${more}.`);
  const columns = values.column.map(parseColumn);
  if (columns.length === 0)
    throw new UsageError(`${name} needs a column of its own: --column 'name text not null'`);
  const sql = readCurrent();
  if (!isBlank(sql))
    throw new OperatorError(
      `${CURRENT_NAME} contains SQL, and new-table never overwrites it.`,
      'commit that SQL (npm run db -- commit -m "…"), or save it elsewhere and empty the file.',
    );
  return { name, columns, parents: values['refers-to'] };
}

export async function newTable(database: OwnerDatabase, wanted: Wanted): Promise<number> {
  // The names are compared with those of the whole chain.
  await finish(database);
  const table = await withClient(database.ownerUrl, (client) => tableOf(client, wanted));
  writeFileSync(CURRENT_FILE, scaffold(table));
  console.log(
    `Wrote ${CURRENT_NAME}. Change it as you like; npm run dev runs it at every save.\n\nFor \`tables\` in test/app/rows.ts:\n\n${rowOf(table)}`,
  );
  return 0;
}

/** Throws an OperatorError for each name and type that the database or the API cannot have. */
export async function tableOf(client: ClientBase, wanted: Wanted): Promise<NewTable> {
  const inflection = buildInflection({
    extends: [PostGraphileAmberPreset, PgSimplifyInflectionPreset],
  });
  const { name } = wanted;
  await checkTable(client, name);
  const singular = inflection.singularize(name);
  if (singular !== name)
    throw new OperatorError(
      `${name} is a plural, and a table is named after one row.`,
      `call it ${singular}.`,
    );
  const parents: Parent[] = [];
  for (const parent of new Set(wanted.parents)) parents.push(await checkParent(client, parent));
  const columns: NewColumn[] = [];
  for (const column of wanted.columns) {
    const taken = [...columns.map((one) => one.name), ...parents.map(referenceName)];
    const checked = await checkColumn(client, column, taken);
    if (parents.some((parent) => parent.name === checked.name))
      throw new OperatorError(
        `The column ${checked.name} would have the same field in the API as the ${checked.name} that it refers to.`,
        'give the column another name.',
      );
    columns.push(checked);
  }
  return { name, columns, parents, list: inflection.camelCase(inflection.pluralize(name)) };
}

/** The row of the table for test/app/rows.ts. */
export function rowOf({ name, columns, parents, list }: NewTable): string {
  return rowText({
    sql: `public.${name}`,
    type: name.replace(/(?:^|_)(.)/g, (_, letter: string) => letter.toUpperCase()),
    list,
    deletable: true,
    columns: [
      ...columns.map((column) => ({
        ...column,
        type: column.typeName,
        writable: 'both' as const,
      })),
      ...parents.map((parent) => ({
        name: referenceName(parent),
        type: 'integer',
        refers: `public.${parent.name}`,
        writable: 'both' as const,
      })),
    ],
  });
}
