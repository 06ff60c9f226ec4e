/** Every statement of the SQL matrix: each column read, filtered, sorted and written, each delete. */
import type { Relation } from './relations.ts';
import { type Key, literalOf, type Settled, whereKey } from './world.ts';

/** `$T` is the table, `$C` a column, `$V` the value in the victim's row, `$W` what finds that row, `$K` the key. */
const READS = [
  'select $C from $T as t',
  'select $C from $T as t where $W',
  'select $C from $T as t where $C is not distinct from $V',
  'select $C from $T as t where $C <> $V or $C is null or $C is not null',
  'select $C from $T as t where $C >= $V or $C < $V',
  "select $C from $T as t where $C::text like '%'",
  'select $C from $T as t order by $C limit 5',
  'select $C from $T as t order by $C desc, $K desc limit 5',
  'select min($C::text), max($C::text), count($C), count(distinct $C) from $T as t',
  'select $C, count(*) from $T as t group by $C',
  "select t, to_jsonb(t) -> '$C' as j from $T as t where $C is not distinct from $V",
  'with c as materialized (select * from $T as t) select $C from c',
  'select a.$C from $T as a join $T as b on a.$C is not distinct from b.$C',
];

export interface Aim {
  readonly column: string;
  readonly value: string;
  readonly key: Key;
}

/** The reads of a column; `relation` is the table, or what a person may see of it. */
export const readsOf = (relation: string, { column, value, key }: Aim): string[] =>
  READS.map((sql) =>
    sql
      .replaceAll('$T', () => relation)
      .replaceAll('$C', () => column)
      .replaceAll('$V', () => value)
      .replaceAll('$W', () => whereKey(key))
      .replaceAll('$K', () => Object.keys(key).join(' desc, ')),
  );

export interface Write {
  /** `$OWN` stands in it for the condition that the rows are the actor's: true under the policies. */
  readonly sql: string;
  readonly granted: boolean;
  /** The condition of the rows it is about; an insert has none. */
  readonly where?: string;
  /** An insert: its columns and values, for the statement that names the owner. */
  readonly values?: Readonly<Record<string, string>>;
  /** An update: true of the rows that it would change. A view takes a value that the row has. */
  readonly changes?: string;
}

const may = ({ columns }: Relation, column: string, command: 'insert' | 'update'): boolean => {
  const writable = columns[column]?.writable;
  return writable === true || writable === command;
};
export const mayInsert = (relation: Relation, column: string) => may(relation, column, 'insert');
export const mayUpdate = (relation: Relation, column: string) => may(relation, column, 'update');

/**
 * Every write of a table. `target` is the victim's row, `mark` the actor's, `own` the actor's rows. A column
 * that refers to another table also takes a row of `others`, which must be refused.
 */
export function writesOf(
  relation: Relation,
  target: Key,
  mark: string,
  own: Settled,
  others: Settled | undefined,
): Write[] {
  const { sql: name, columns, deletable } = relation;
  const wheres = ['true', whereKey(target)];
  const names = Object.keys(columns);
  const value = (column: string, rows: Settled) => literalOf(relation, column, mark, rows);
  const insert = (column: string, rows: Settled): Write => {
    const all = [...new Set([...names.filter((one) => mayInsert(relation, one)), column])];
    const values = Object.fromEntries(
      all.map((one) => [one, value(one, one === column ? rows : own)]),
    );
    return {
      sql: insertOf(name, values),
      granted: mayInsert(relation, column),
      values,
    };
  };
  const update = (column: string, rows: Settled, where: string): Write => {
    const literal = value(column, rows);
    return {
      sql: `update ${name} as r set ${column} = ${literal} where (${where}) and $OWN`,
      granted: mayUpdate(relation, column),
      where,
      changes: `${column} is distinct from ${literal}`,
    };
  };
  const references = names.filter((column) => columns[column]?.refers && others);
  return [
    ...names.flatMap((column) => [
      insert(column, own),
      ...wheres.map((where) => update(column, own, where)),
    ]),
    ...references.flatMap((column) => [
      ...(others ? [insert(column, others), update(column, others, 'true')] : []),
    ]),
    ...wheres.map((where) => ({
      sql: `delete from ${name} as r where (${where}) and $OWN`,
      granted: deletable === true,
      where,
    })),
  ];
}

export const insertOf = (name: string, values: Readonly<Record<string, string>>): string =>
  `insert into ${name} (${Object.keys(values).join(', ')}) overriding system value
   values (${Object.values(values).join(', ')})`;
