/**
 * The objects that `drop … cascade` takes along: triggers, functions, views, policies, foreign keys. Takes lists of
 * the objects before and after a migration and its SQL, returns those that are gone although the SQL drops them
 * nowhere by name. A trigger or policy of a dropped table belongs to the table and is not in the result.
 */
import { readFileSync } from 'node:fs';
import type { ClientBase } from 'pg';

export interface DatabaseObject {
  /** Survives a renaming. */
  readonly oid: number;
  readonly kind: 'trigger' | 'function' | 'view' | 'policy' | 'constraint';
  readonly name: string;
  /** As a person reads it: trigger _200_touch on public.task. */
  readonly label: string;
  /** The oid of the table that the object belongs to; null for functions and views. */
  readonly table: number | null;
}

export interface Objects {
  readonly objects: readonly DatabaseObject[];
  readonly tables: ReadonlySet<number>;
}

const OBJECTS = readFileSync(new URL('cascade.sql', import.meta.url), 'utf8');

export async function objectsOf(client: ClientBase): Promise<Objects> {
  const { rows } = await client.query<DatabaseObject>(OBJECTS);
  const tables = await client.query<{ oid: number }>(
    "select oid::integer as oid from pg_catalog.pg_class where relkind in ('r', 'p', 'v', 'm')",
  );
  return { objects: rows, tables: new Set(tables.rows.map(({ oid }) => oid)) };
}

export function takenAlong(before: Objects, after: Objects, sql: string): string[] {
  const oids = new Set(after.objects.map(({ oid }) => oid));
  // Dropped and made again, as current.sql does.
  const labels = new Set(after.objects.map(({ label }) => label));
  return before.objects
    .filter(({ oid, label, table }) => {
      const tableIsGone = table !== null && !after.tables.has(table);
      return !tableIsGone && !oids.has(oid) && !labels.has(label);
    })
    .filter((object) => !isDropped(object, sql))
    .map(({ label }) => label)
    .sort();
}

/** Whether the SQL drops the object by its name. */
function isDropped({ kind, name }: DatabaseObject, sql: string): boolean {
  const kinds = { function: '(function|routine|procedure)', view: '(materialized\\s+)?view' };
  const what = kind === 'function' || kind === 'view' ? kinds[kind] : kind;
  const exact = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`drop\\s+${what}\\s+[^;]*(?<![\\w$])"?${exact}"?(?![\\w$])`, 'i').test(sql);
}
