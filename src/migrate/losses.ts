/**
 * Rows that a run of current.sql would delete with a table or a column. Takes the SQL and the owner's
 * connection, returns what is there now. Changes nothing. A statement inside a function or a do block, and
 * what a cascade takes along, is not seen.
 */
import type { ClientBase } from 'pg';
import { CURRENT_NAME } from './current.ts';
import { type SqlPart, splitSql } from './split-sql.ts';

interface Drop {
  readonly table: string;
  /** undefined: the whole table. */
  readonly column: string | undefined;
  /** The same SQL makes it again, so it is work in progress. */
  readonly remade: boolean;
}

export interface Loss extends Drop {
  /** Rows of the table, or values of the column that are not null. */
  readonly count: number;
}

const NAME = '(?:"(?:[^"]|"")+"|[a-z_]\\w*)';
const TABLE = `((?:${NAME}\\.)?${NAME})`;
const DROP_TABLE = /^drop\s+table\s+(?:if\s+exists\s+)?(.*?)\s*(?:cascade|restrict)?$/is;
const TRUNCATE = /^truncate\s+(?:table\s+)?(.*?)\s*(?:cascade|restrict|restart|continue|$)/is;
const ALTER = new RegExp(
  `^alter\\s+table\\s+(?:if\\s+exists\\s+)?(?:only\\s+)?${TABLE}\\s+(.*)$`,
  'is',
);
const CREATE = new RegExp(`^create\\s+table\\s+(?:if\\s+not\\s+exists\\s+)?${TABLE}`, 'i');
const DROP_COLUMN = new RegExp(
  `\\bdrop\\s+(?:column\\s+)?(?!constraint\\b|default\\b|not\\b|identity\\b|expression\\b)(?:if\\s+exists\\s+)?(${NAME})`,
  'gi',
);
const ADD_COLUMN = new RegExp(
  `\\badd\\s+(?:column\\s+)?(?!constraint\\b|primary\\b|foreign\\b|unique\\b|check\\b|exclude\\b)(?:if\\s+not\\s+exists\\s+)?(${NAME})`,
  'gi',
);

const withoutComments = ({ text }: SqlPart): string =>
  text.replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, ' ').trim();

/** The name as PostgreSQL resolves it: schema public unless written, lower case unless quoted. */
function resolved(name: string): string {
  const folded = name
    .trim()
    .replace(/"(?:[^"]|"")+"|\w+/g, (part) => (part.startsWith('"') ? part : part.toLowerCase()));
  return folded.includes('.') ? folded : `public.${folded}`;
}

export function dropsOf(sql: string): Drop[] {
  const statements = splitSql(sql).map(withoutComments);
  const made = new Set<string>();
  for (const statement of statements) {
    const created = CREATE.exec(statement)?.[1];
    if (created) made.add(resolved(created));
    const [, table, actions = ''] = ALTER.exec(statement) ?? [];
    if (table)
      for (const [, column = ''] of actions.matchAll(ADD_COLUMN))
        made.add(`${resolved(table)}.${column.toLowerCase()}`);
  }
  const drops = new Map<string, Drop>();
  for (const statement of statements) {
    const list = DROP_TABLE.exec(statement)?.[1] ?? TRUNCATE.exec(statement)?.[1];
    for (const name of list?.split(',') ?? []) {
      const table = resolved(name.replace(/^\s*only\s+/i, ''));
      const remade = made.has(table);
      drops.set(table, { table, column: undefined, remade });
    }
    const [, altered, actions = ''] = ALTER.exec(statement) ?? [];
    if (!altered) continue;
    for (const [, name = ''] of actions.matchAll(DROP_COLUMN)) {
      const [table, column] = [resolved(altered), name.toLowerCase()];
      const key = `${table}.${column}`;
      drops.set(key, { table, column, remade: made.has(key) });
    }
  }
  return [...drops.values()];
}

/** Only tables and columns that are there and hold something. None if graphile-migrate will skip the run. */
export async function lossesOf(owner: ClientBase, sql: string): Promise<Loss[]> {
  const losses: Loss[] = [];
  if (await isSameAsBefore(owner, sql)) return losses;
  for (const drop of dropsOf(sql)) {
    const count = await countOf(owner, drop);
    if (count > 0) losses.push({ ...drop, count });
  }
  return losses;
}

/** Whether only comments and blanks differ from what ran last. */
async function isSameAsBefore(owner: ClientBase, sql: string): Promise<boolean> {
  const { rows } = await owner.query<{ content: string }>(
    "select content from graphile_migrate.current where filename = 'current.sql'",
  );
  const [last] = rows;
  return last !== undefined && bare(last.content) === bare(sql);
}

const bare = (sql: string): string =>
  splitSql(sql)
    .map((part) => withoutComments(part).replace(/\s+/g, ' '))
    .filter(Boolean)
    .join(';');

/**
 * FORCE row level security hides the rows from the owner, so it is lifted and comes back with the rollback.
 * A table in use for a second is not waited for: the run itself will wait, and report the lock.
 */
async function countOf(owner: ClientBase, { table, column }: Drop): Promise<number> {
  const { rows } = await owner.query<{ name: string; forced: boolean }>(
    `select c.oid::regclass::text as name, c.relforcerowsecurity as forced
     from pg_catalog.pg_class as c
     where c.oid = to_regclass($1) and c.relkind in ('r', 'p')
       and ($2::text is null or exists (select from pg_catalog.pg_attribute as a
         where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and quote_ident(a.attname) = $2))`,
    [table, column ?? null],
  );
  const [found] = rows;
  if (!found) return 0;
  await owner.query("begin; set local lock_timeout = '1s'; set local row_security = off");
  try {
    if (found.forced) await owner.query(`alter table ${found.name} no force row level security`);
    const counted = await owner.query<{ count: number }>(
      `select count(${column ?? '*'})::integer as count from ${found.name}`,
    );
    return counted.rows[0]?.count ?? 0;
  } catch {
    return 0;
  } finally {
    await owner.query('rollback');
  }
}

export function describeLoss({ table, column, remade, count }: Loss): string {
  const [what, unit] = column
    ? [`the column ${column} of ${table}`, count === 1 ? 'value' : 'values']
    : [table, count === 1 ? 'row' : 'rows'];
  const its = `${count} ${unit} ${count === 1 ? 'is' : 'are'} lost`;
  return remade
    ? `${CURRENT_NAME} drops ${what} and makes it again: ${its}.`
    : `${CURRENT_NAME} drops ${what}: ${its} for good.`;
}
