/**
 * The people of the matrix and their rows, made and counted by the superuser. `foreign` is the control of
 * every denial: how many rows belong to other people, and a digest of all that is in them.
 */
import { randomUUID } from 'node:crypto';
import { type Client, escapeLiteral } from 'pg';
import { addressOf } from '../support/people.ts';
import { find, ownerOf, type Relation } from './relations.ts';
import type { Column, Rows } from './rows.ts';

export interface Foreign {
  readonly rows: number;
  readonly digest: string;
}

/** Key column → value, as text. */
export type Key = Readonly<Record<string, string>>;

/** A person's rows, by table as SQL writes it. */
export type Settled = ReadonlyMap<string, readonly Key[]>;

/** Rows of each person in each table with a list. */
const ROWS = 3;

/** A number that no row has yet, for the values of statements. */
let fresh = 1000;
export const nextNumber = (): number => ++fresh;

export const textOf = (
  value: string | number | boolean | null | undefined,
  mark: string,
  n: number,
) => String(value).replace('$M', mark).replace('$N', String(n));

const sqlValue = ({ value = null }: Column, mark: string, n: number): string =>
  value === null ? 'null' : escapeLiteral(textOf(value, mark, n));

/** The row that a column of a statement refers to; each column another, so that their pair is new. */
export function referred(relation: Relation, column: string, rows: Settled): string | undefined {
  const names = Object.keys(relation.columns).filter((name) => relation.columns[name]?.refers);
  const keys = rows.get(relation.columns[column]?.refers ?? '') ?? [];
  const key = keys[names.indexOf(column) % Math.max(keys.length, 1)];
  return key && Object.values(key)[0];
}

/** A value of a column for a statement; a reference is to one of these rows. */
export function literalOf(relation: Relation, column: string, mark: string, rows: Settled): string {
  const found = relation.columns[column];
  if (!found) throw new Error(`no column ${column}`);
  if (!found.refers) return sqlValue(found, mark, nextNumber());
  return escapeLiteral(referred(relation, column, rows) ?? '0');
}

/** The condition that finds a row. */
export const whereKey = (key: Key): string =>
  Object.entries(key)
    .map(([name, value]) => `${name} = ${escapeLiteral(value)}`)
    .join(' and ');

/** A person with three rows in every table, new, or new again. */
export async function settle(
  privileged: Client,
  person: number,
  mark: string,
  relations: readonly Relation[],
): Promise<Settled> {
  await privileged.query(
    'insert into public."user" (id, email) values ($1, $2) on conflict (id) do nothing',
    [person, `${mark}-${addressOf(person)}`],
  );
  const own = relations.filter((one) => isMade(one) && !one.reference);
  const deletes = own.map((one) => `delete from ${one.sql} where ${ownerOf(one)} = ${person}`);
  await privileged.query(deletes.toReversed().join(';\n'));
  const settled = new Map<string, Key[]>([['public."user"', [{ id: String(person) }]]]);
  for (const one of relations) {
    if (one.type === 'User') continue;
    if (one.viewOf) settled.set(one.sql, await shown(privileged, one, person));
    else if (one.reference) settled.set(one.sql, await referenceRows(privileged, one));
    else settled.set(one.sql, await makeRows(privileged, one, person, mark, settled));
  }
  return settled;
}

const isMade = ({ type, viewOf }: Relation) => type !== 'User' && !viewOf;

const keyText = ({ key }: Relation) => key.map((name) => `${name}::text as ${name}`).join(', ');

/** The last row leaves out what it can, so that there are nulls and defaults too. */
async function makeRows(
  privileged: Client,
  relation: Relation,
  person: number | null,
  mark: string,
  settled: ReadonlyMap<string, readonly Key[]>,
): Promise<Key[]> {
  const { sql, columns, key, list } = relation;
  const names = Object.keys(columns).filter((name) => name !== 'id');
  const required = await requiredOf(privileged, sql);
  const made: Key[] = [];
  const value = (name: string, n: number): string => {
    const column = columns[name] ?? {};
    if (name === ownerOf(relation) && person !== null) return String(person);
    if (n === ROWS && !required.includes(name) && !key.includes(name)) return 'default';
    if (!column.refers) return sqlValue(column, mark, n);
    const there = column.refers === sql ? made : settled.get(column.refers);
    const target = there?.[Math.min(n, there.length) - 1];
    return target ? escapeLiteral(Object.values(target)[0] ?? '') : 'default';
  };
  const insert = async (values: readonly string[]): Promise<void> => {
    const given =
      values.length > 0 ? `(${names.join(', ')}) values ${values.join(', ')}` : 'default values';
    const text = `insert into ${sql} ${given} returning ${keyText(relation)}`;
    made.push(...(await privileged.query<Key>(text)).rows);
  };
  const numbers = Array.from({ length: list ? ROWS : 1 }, (_, i) => i + 1);
  const rowOf = (n: number) => `(${names.map((name) => value(name, n)).join(', ')})`;
  const refersToItself = names.some((name) => columns[name]?.refers === sql);
  if (names.length > 0 && !refersToItself) await insert(numbers.map(rowOf));
  else for (const n of numbers) await insert(names.length > 0 ? [rowOf(n)] : []);
  return made;
}

/** What was read of a database's tables: they do not change under a matrix. */
const known = new WeakMap<Client, Map<string, string[]>>();

async function requiredOf(privileged: Client, sql: string): Promise<string[]> {
  const tables = known.get(privileged) ?? new Map<string, string[]>();
  known.set(privileged, tables);
  const required = tables.get(sql) ?? (await readRequired(privileged, sql));
  tables.set(sql, required);
  return required;
}

async function readRequired(privileged: Client, sql: string): Promise<string[]> {
  const { rows } = await privileged.query<{ name: string }>(
    `select attname as name from pg_attribute where attrelid = $1::regclass and attnum > 0
       and not attisdropped and attnotnull and not atthasdef and attidentity = ''`,
    [sql],
  );
  return rows.map(({ name }) => name);
}

/** Rows that everybody reads. A migration may have made them. */
async function referenceRows(privileged: Client, relation: Relation): Promise<Key[]> {
  const all = `select ${keyText(relation)} from ${relation.sql} order by 1 limit ${ROWS}`;
  const { rows } = await privileged.query<Key>(all);
  return rows.length > 0 ? rows : makeRows(privileged, relation, null, '', new Map());
}

async function shown(privileged: Client, relation: Relation, person: number): Promise<Key[]> {
  const { rows } = await privileged.query<Key>(
    `select ${keyText(relation)} from ${relation.sql} as r
     where ${relation.ownedBy('r')} = ${person} order by ${relation.key.join(', ')} limit ${ROWS}`,
  );
  if (rows.length === 0)
    throw new Error(
      `test/app/rows.ts: the view ${relation.sql} shows none of the rows of ${relation.viewOf}; change a value there so that it shows one.`,
    );
  return rows;
}

const everything = (relations: readonly Relation[], { privateTables }: Rows) =>
  [
    ...relations
      .filter(({ viewOf }) => !viewOf)
      .map(({ sql, ownedBy }): [string, string] => [sql, ownedBy('r') ?? 'null::integer']),
    ...Object.entries(privateTables).map(([sql, owner]): [string, string] => [sql, `r.${owner}`]),
  ]
    .map(
      ([name, owner]) =>
        `select ${escapeLiteral(name)} || r::text as x from ${name} as r where ${owner} is distinct from $1`,
    )
    .join(' union all ');

/** Everything that belongs to anybody but this person; of nobody: everything. */
export async function foreign(
  privileged: Client,
  person: number | null,
  relations: readonly Relation[],
  rows: Rows,
): Promise<Foreign> {
  const { rows: found } = await privileged.query<Foreign>(
    `select count(*)::integer as rows, md5(string_agg(x, ' ' order by x collate "C")) as digest
     from (${everything(relations, rows)}) as e`,
    [person],
  );
  const [row] = found;
  if (!row) throw new Error('an aggregate gave no row');
  return row;
}

/** What tells the rows of a type apart in an answer. */
export const keyOf = (values: readonly unknown[]): string => values.join('/');

/** The keys of the rows that the person may read, by type. */
export async function keysOf(
  privileged: Client,
  person: number,
  relations: readonly Relation[],
): Promise<Map<string, Set<string>>> {
  const keys = new Map(relations.map(({ type }) => [type, new Set<string>()]));
  const parts = relations.map(({ sql, type, key, ownedBy }) => {
    const owner = ownedBy('r');
    return `select ${escapeLiteral(type)} as type, concat_ws('/', ${key.join(', ')}) as key from ${sql} as r
      where ${owner === null ? 'true' : `${owner} = ${person}`}`;
  });
  const { rows } = await privileged.query<{ type: string; key: string }>(parts.join(' union all '));
  for (const { type, key } of rows) keys.get(type)?.add(key);
  return keys;
}

/** Replaces `$ID(public.task)` in a text by the id of a row of this person. */
export const aimed = (text: string, rows: Settled, relations: readonly Relation[]): string =>
  text.replace(/\$ID\(([^)]+)\)/g, (_, sql: string) => {
    const keys = rows.get(find(relations, sql).sql) ?? [];
    return Object.values(keys[1] ?? keys[0] ?? {})[0] ?? '0';
  });

export const isAimed = (text: string): boolean => text.includes('$ID(');

export const newKey = (): string => randomUUID();
