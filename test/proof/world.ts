/**
 * The people of the matrix and their rows, made and counted by the superuser. `foreign` is the control of
 * every denial: how many rows belong to anybody but this person, and a digest of all that is in them.
 */
import { randomUUID } from 'node:crypto';
import { type Client, escapeLiteral } from 'pg';
import { addressOf } from '../support/people.ts';
import type { Rows, ServedTable } from './rows.ts';

export interface Foreign {
  readonly rows: number;
  readonly digest: string;
}

const quoted = (value: string | number | boolean | null, mark: string) =>
  value === null ? 'null' : escapeLiteral(String(value).replace('$M', mark));

/** A value of a column for a statement. */
export const literalOf = (table: ServedTable, column: string, mark: string): string => {
  const found = table.columns[column];
  if (!found) throw new Error(`no column ${column}`);
  return quoted(found.value, mark);
};

/** A person with three rows in every table, new, or new again. Returns the middle row of each by its type. */
export async function settle(
  privileged: Client,
  person: number,
  mark: string,
  { tables }: Rows,
): Promise<Map<string, number>> {
  await privileged.query(
    'insert into public."user" (id, email) values ($1, $2) on conflict (id) do nothing',
    [person, `${mark}-${addressOf(person)}`],
  );
  const middle = new Map([['User', person]]);
  for (const table of tables) {
    if (!table.list) continue;
    await privileged.query(`delete from ${table.sql} where ${table.owner} = ${person}`);
    const columns = Object.keys(table.columns).filter((name) => name !== 'id');
    const values = columns.map((name) =>
      name === table.owner ? String(person) : literalOf(table, name, mark),
    );
    const { rows } = await privileged.query<{ id: number }>(
      `insert into ${table.sql} (${columns.join(', ')})
       select ${values.join(', ')} from generate_series(1, 3) returning id`,
    );
    const row = rows[1];
    if (!row) throw new Error('insert … returning gave no row');
    middle.set(table.type, row.id);
  }
  return middle;
}

const everything = ({ tables, privateTables }: Rows) =>
  [
    ...tables.map(({ sql, owner }): [string, string] => [sql, owner]),
    ...Object.entries(privateTables),
  ]
    .map(
      ([name, owner]) =>
        `select '${name}' || t::text as x from ${name} t where t.${owner} is distinct from $1`,
    )
    .join(' union all ');

/** Whatever belongs to anybody but this person; of nobody: everything. */
export async function foreign(
  privileged: Client,
  person: number | null,
  rows: Rows,
): Promise<Foreign> {
  const { rows: found } = await privileged.query<Foreign>(
    `select count(*)::integer as rows, md5(string_agg(x, ' ' order by x collate "C")) as digest
     from (${everything(rows)}) as e`,
    [person],
  );
  const [row] = found;
  if (!row) throw new Error('an aggregate gave no row');
  return row;
}

/** The ids of the person's rows by type. */
export async function idsOf(
  privileged: Client,
  person: number,
  { tables }: Rows,
): Promise<Map<string, number[]>> {
  const ids = new Map<string, number[]>();
  for (const { sql, type, owner } of tables) {
    const { rows } = await privileged.query<{ id: number }>(
      `select id from ${sql} where ${owner} = $1`,
      [person],
    );
    ids.set(
      type,
      rows.map(({ id }) => id),
    );
  }
  return ids;
}

export const newKey = (): string => randomUUID();
