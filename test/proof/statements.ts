/** Every statement of the SQL matrix: each column read, filtered, sorted and written, each delete. */
import type { ServedTable } from './rows.ts';
import { literalOf } from './world.ts';

/** `$T` is the table, `$C` a column, `$V` what it holds in the victim's row, `$I` that row's id. */
const READS = [
  'select $C from $T as t',
  'select $C from $T as t where id = $I',
  'select $C from $T as t where $C is not distinct from $V',
  'select $C from $T as t where $C <> $V or $C is null or $C is not null',
  'select $C from $T as t where $C >= $V or $C < $V',
  "select $C from $T as t where $C::text like '%'",
  'select $C from $T as t order by $C limit 5',
  'select $C from $T as t order by $C desc, id desc limit 5',
  'select min($C::text), max($C::text), count($C), count(distinct $C) from $T as t',
  'select $C, count(*) from $T as t group by $C',
  "select t, to_jsonb(t) -> '$C' as j from $T as t where $C is not distinct from $V",
  'with c as materialized (select * from $T as t) select $C from c',
  'select a.$C from $T as a join $T as b on a.$C is not distinct from b.$C',
];

export interface Aim {
  readonly column: string;
  readonly value: string;
  readonly id: number;
}

/** The reads of a column; `relation` is the table, or what a person may see of it. */
export const readsOf = (relation: string, { column, value, id }: Aim): string[] =>
  READS.map((sql) =>
    sql
      .replaceAll('$T', () => relation)
      .replaceAll('$C', () => column)
      .replaceAll('$V', () => value)
      .replaceAll('$I', () => String(id)),
  );

export interface Write {
  readonly sql: string;
  readonly granted: boolean;
  /** The condition of the rows it is about; an insert has none. */
  readonly where?: string;
  /** An update: true of the rows that it would change. A view takes a value that the row has. */
  readonly changes?: string;
}

/** Every write of a table: `target` is the victim's row, `mark` the actor's. */
export function writesOf(table: ServedTable, target: number, mark: string): Write[] {
  const { sql: name, columns, deletable } = table;
  const rows = ['true', `id = ${target}`];
  const writable = Object.keys(columns).filter((column) => columns[column]?.writable);
  const value = (column: string) => literalOf(table, column, mark);
  return [
    ...Object.keys(columns).flatMap((column) => {
      const granted = writable.includes(column);
      const all = [...new Set([...writable, column])];
      return [
        {
          sql: `insert into ${name} (${all.join(', ')}) overriding system value
            values (${all.map(value).join(', ')})`,
          granted,
        },
        ...rows.map((where) => ({
          sql: `update ${name} set ${column} = ${value(column)} where ${where}`,
          granted,
          where,
          changes: `${column} is distinct from ${value(column)}`,
        })),
      ];
    }),
    ...rows.map((where) => ({
      sql: `delete from ${name} where ${where}`,
      granted: deletable === true,
      where,
    })),
  ];
}
