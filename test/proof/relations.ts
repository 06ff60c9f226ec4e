/**
 * The tables of rows.ts as the matrix uses them. Takes the rows and a superuser's connection, returns each
 * table that is in the database, with the columns that need no data, in an order in which rows can be made.
 */
import type { ClientBase } from 'pg';
import type { Column, Rows, ServedTable } from './rows.ts';

export interface Relation extends ServedTable {
  readonly columns: Readonly<Record<string, Column>>;
  /** The primary key without the owner column. */
  readonly key: readonly string[];
  /** Whose row it is, as SQL over a row with this alias; null: everybody's. */
  readonly ownedBy: (alias: string) => string | null;
}

/** The name of a column's field. */
export const camel = (name: string): string =>
  name.replace(/_(.)/g, (_, c: string) => c.toUpperCase());

export const ownerOf = ({ owner = 'user_id' }: ServedTable): string => owner;

/** Values that no row could have by itself. Nobody may write these columns. */
const STANDARD: Readonly<Record<string, Column>> = {
  id: { value: 1_999_999_999 },
  created_at: { value: '2020-01-01T00:00:00Z' },
  updated_at: { value: '2020-01-02T00:00:00Z' },
};
const OWNER: Column = { value: 1_999_999_999, hidden: true };

export const standardColumns = (table: ServedTable): Readonly<Record<string, Column>> => ({
  ...(!table.reference && !table.viewOf && { [ownerOf(table)]: OWNER }),
  ...STANDARD,
});

export async function relationsOf(client: ClientBase, { tables }: Rows): Promise<Relation[]> {
  const { rows } = await client.query<{ sql: string; names: string[] }>(
    `select t.sql, array_agg(a.attname::text) as names
     from unnest($1::text[]) as t (sql)
     join pg_attribute as a on a.attrelid = to_regclass(t.sql) and a.attnum > 0 and not a.attisdropped
     group by t.sql`,
    [tables.map(({ sql }) => sql)],
  );
  const found = new Map(rows.map(({ sql, names }) => [sql, names]));
  const there = tables.flatMap((table): Relation[] => {
    const names = found.get(table.sql);
    if (!names) return [];
    const columns = Object.entries({ ...standardColumns(table), ...table.columns });
    return [
      {
        ...table,
        columns: Object.fromEntries(columns.filter(([name]) => names.includes(name))),
        key: table.key ?? (names.includes('id') ? ['id'] : [ownerOf(table)]),
        ownedBy: ownership(table, tables),
      },
    ];
  });
  return inOrder(there);
}

function ownership(table: ServedTable, tables: readonly ServedTable[]): Relation['ownedBy'] {
  if (table.reference) return () => null;
  if (!table.viewOf) return (alias) => `${alias}.${ownerOf(table)}`;
  const base = tables.find(({ sql }) => sql === table.viewOf);
  if (!base)
    throw new Error(
      `test/app/rows.ts: ${table.sql} is a view of ${table.viewOf}, which has no row.`,
    );
  const same = (alias: string) =>
    (table.key ?? base.key ?? ['id'])
      .map((name) => `base.${name} = ${alias}.${name}`)
      .join(' and ');
  return (alias) => `(select base.${ownerOf(base)} from ${base.sql} as base where ${same(alias)})`;
}

/** A table comes after those that it refers to. */
function inOrder(relations: readonly Relation[]): Relation[] {
  const done: Relation[] = [];
  const left = new Set(relations);
  while (left.size > 0) {
    const names = [...left].map(({ sql }) => sql);
    const next = [...left].find(
      ({ sql, viewOf = '', columns }) =>
        !names.includes(viewOf) &&
        !Object.values(columns).some(({ refers = '' }) => refers !== sql && names.includes(refers)),
    );
    if (!next)
      throw new Error(
        `test/app/rows.ts: ${names.join(' and ')} refer to each other in a circle; leave out one \`refers\`.`,
      );
    done.push(next);
    left.delete(next);
  }
  return done;
}

export function find(relations: readonly Relation[], sql: string): Relation {
  const relation = relations.find((one) => one.sql === sql);
  if (!relation) throw new Error(`test/app/rows.ts has no row for ${sql}.`);
  return relation;
}
