/**
 * What the database serves, read from the catalogue: relations of schema public with what todo_user may do,
 * functions it may call, private tables. Takes a connection that may read the catalogue. Changes nothing.
 */
import type { ClientBase } from 'pg';

export interface ServedColumn {
  readonly name: string;
  readonly type: string;
  readonly inserts: boolean;
  readonly updates: boolean;
  /** The table of a foreign key of this column, other than the owner's. */
  readonly refers: string | null;
  /** No two rows of a person have the same value. */
  readonly unique: boolean;
}

export interface ServedRelation {
  readonly sql: string;
  readonly name: string;
  readonly kind: 'table' | 'view';
  readonly comment: string;
  readonly key: readonly string[];
  readonly deletes: boolean;
  readonly columns: readonly ServedColumn[];
  /** The tables below a view. */
  readonly below: readonly string[];
}

export interface ServedRoutine {
  /** As rows.ts names it. */
  readonly sql: string;
  readonly schema: string;
  readonly name: string;
  readonly args: readonly { readonly name: string; readonly type: string }[];
}

export interface Served {
  readonly relations: readonly ServedRelation[];
  readonly routines: readonly ServedRoutine[];
  readonly privateTables: readonly string[];
}

const RELATIONS = `
  select format('%I.%I', n.nspname, c.relname) as sql, c.relname::text as name,
    case when c.relkind in ('r', 'p', 'f') then 'table' else 'view' end as kind,
    coalesce(obj_description(c.oid, 'pg_class'), '') as comment,
    array(select a.attname::text from pg_constraint as k
      join pg_attribute as a on a.attrelid = c.oid and a.attnum = any (k.conkey)
      where k.conrelid = c.oid and k.contype = 'p' order by a.attnum) as key,
    has_table_privilege('todo_user', c.oid, 'delete') as deletes,
    (select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
        'inserts', has_column_privilege('todo_user', c.oid, a.attnum, 'insert'),
        'updates', has_column_privilege('todo_user', c.oid, a.attnum, 'update'),
        'refers', (select min(k.confrelid::regclass::text) from pg_constraint as k
          where k.conrelid = c.oid and k.contype = 'f' and a.attnum = any (k.conkey)
            and k.conkey[array_upper(k.conkey, 1)] = a.attnum
            and k.confrelid <> 'public."user"'::regclass),
        'unique', exists (select from pg_index as i where i.indrelid = c.oid and i.indisunique
          and not i.indisprimary and i.indkey[i.indnkeyatts - 1] = a.attnum and a.attname <> 'id'
          and i.indnkeyatts <= 2)) order by a.attnum)
      from pg_attribute as a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
    array(select distinct d.refobjid::regclass::text from pg_rewrite as w
      join pg_depend as d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid
        and d.refclassid = 'pg_class'::regclass and d.refobjid <> c.oid
      where w.ev_class = c.oid and c.relkind = 'v') as below
  from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
  where n.nspname = 'public' and c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
    -- A relation that todo_user cannot use is not served.
    and (c.relkind in ('r', 'p') or has_any_column_privilege('todo_user', c.oid, 'select, insert, update'))
  order by 1`;

const ROUTINES = `
  select format('%I.%I(%s)', n.nspname, p.proname, oidvectortypes(p.proargtypes)) as sql,
    n.nspname::text as schema, p.proname::text as name,
    coalesce((select json_agg(json_build_object('name', coalesce(p.proargnames[i], ''),
        'type', format_type(p.proargtypes[i - 1], null)) order by i)
      from generate_series(1, p.pronargs) as i), '[]') as args
  from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace
  where n.nspname in ('public', 'app_private') and has_function_privilege('todo_user', p.oid, 'execute')
  order by 1`;

const PRIVATE = `
  select distinct a.attrelid::regclass::text as name
  from pg_attribute as a join pg_class as c on c.oid = a.attrelid
  where c.relnamespace = 'app_private'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0
  order by 1`;

export async function servedBy(client: ClientBase): Promise<Served> {
  const relations = await client.query<ServedRelation>(RELATIONS);
  const routines = await client.query<ServedRoutine>(ROUTINES);
  const tables = await client.query<{ name: string }>(PRIVATE);
  const full = (name: string) => (name.includes('.') ? name : `public.${name}`);
  return {
    // regclass leaves out a schema of search_path.
    relations: relations.rows.map((relation) => ({
      ...relation,
      below: relation.below.map(full),
      columns: relation.columns.map((column) => ({
        ...column,
        refers: column.refers && full(column.refers),
      })),
    })),
    routines: routines.rows,
    privateTables: tables.rows.map(({ name }) => name),
  };
}
