/**
 * What the matrix knows of the tables and functions that ship: one row of data each. An application adds its
 * own in test/app/rows.ts and never edits this file. Data, and the function that joins the two.
 *
 * In a text value, `$M` stands for a mark ('secret' in the rows of the person who must be kept apart) and `$N`
 * for a number that differs in every row, for columns with a unique rule.
 */

export interface Column {
  /** A valid value, other than the default. A column that refers to another table has none. */
  readonly value?: string | number | boolean | null;
  /** The table that it refers to, as SQL writes it: the value is then a row of the same person. */
  readonly refers?: string;
  /** Whether a person may insert and update it, or one of the two. */
  readonly writable?: true | 'insert' | 'update';
  /** It has no field of its own. */
  readonly hidden?: true;
  /** The value as GraphQL writes it, where that differs from its JSON text: a list, an object. */
  readonly graphql?: string;
}

export interface ServedTable {
  /** As SQL writes it. */
  readonly sql: string;
  readonly type: string;
  /** The list's field. A table without one has a single row for each person. */
  readonly list?: string;
  /** The owner column; `user_id` unless it has another name (`@owner` in the table's comment). */
  readonly owner?: string;
  /** Everybody signed in reads the same rows (`@reference`): there is no owner column. */
  readonly reference?: true;
  /** A view: the table whose rows it shows. It has that table's key columns. */
  readonly viewOf?: string;
  /** The primary key without the owner column; `id` unless the table has none. */
  readonly key?: readonly string[];
  readonly deletable?: true;
  /** app_private.watch_changes() was run for it: it has `taskChanges`. */
  readonly watched?: true;
  /**
   * Every column but id, the owner column, created_at and updated_at: the matrix knows these four. Nobody may
   * write them.
   */
  readonly columns: Readonly<Record<string, Column>>;
  /** Filters that do not follow from the columns' values, each with a GraphQL literal that the rows meet. */
  readonly filters?: Readonly<Record<string, string>>;
}

/** A function that a person may execute. */
export interface ServedFunction {
  /** As PostgreSQL lists it: schema, name and types of the arguments. */
  readonly name: string;
  /** A call of it. `$ID(public.task)` stands for the id of a row of the person who must be kept apart. */
  readonly call: string;
  /** Its mutation, if it has one of its own. */
  readonly mutation?: string;
  /** Its field, if it is a query or a computed column: `Query.urgentTasks`, `List.openCount`. */
  readonly field?: string;
  /** What its input or its arguments take, as GraphQL writes it; `$ID(…)` as above. */
  readonly input?: Readonly<Record<string, string>>;
  /** It ends the account, so somebody new is needed for each call. */
  readonly ends?: true;
  /** It cannot be called by name: its schema is closed. */
  readonly closed?: true;
}

export interface Rows {
  readonly tables: readonly ServedTable[];
  readonly functions: readonly ServedFunction[];
  /** Private tables with rows of persons, and the column that holds the person's id. */
  readonly privateTables: Readonly<Record<string, string>>;
  /** Private tables without rows of persons. */
  readonly impersonalTables: readonly string[];
}

/** What an application adds. `columns` are those that its migrations add to shipped tables, by table. */
export type Added = Rows & {
  readonly columns: Readonly<Record<string, Readonly<Record<string, Column>>>>;
};

const TABLES: readonly ServedTable[] = [
  {
    sql: 'public."user"',
    type: 'User',
    owner: 'id',
    columns: { email: { value: '$M@example.com' } },
  },
  {
    sql: 'public.task',
    type: 'Task',
    list: 'tasks',
    deletable: true,
    watched: true,
    columns: {
      title: { value: '$M title', writable: true },
      description: { value: '$M description', writable: true },
      completed: { value: true, writable: true },
    },
  },
];

const FUNCTIONS: readonly ServedFunction[] = [
  { name: 'public.me()', call: 'select * from public.me()', field: 'Query.me' },
  {
    name: 'public.delete_me()',
    call: 'select * from public.delete_me()',
    mutation: 'deleteMe',
    ends: true,
  },
  {
    name: 'public.set_all_tasks_completed(boolean)',
    call: 'select public.set_all_tasks_completed(false)',
    mutation: 'setAllTasksCompleted',
    input: { completed: 'false' },
  },
  {
    name: 'public.clear_completed_tasks()',
    call: 'select public.clear_completed_tasks()',
    mutation: 'clearCompletedTasks',
  },
  {
    name: 'public.toggle_task(integer)',
    call: 'select t.id from public.toggle_task($ID(public.task)) as t',
    mutation: 'toggleTask',
    input: { id: '$ID(public.task)' },
  },
  {
    name: 'public.claim_create(text, text, jsonb)',
    call: "select public.claim_create('task', gen_random_uuid()::text, '{}')",
  },
  {
    name: 'public.finish_create(text, text, text)',
    call: "select public.finish_create('task', 'key', '1')",
  },
  {
    name: 'public.stop_unless(boolean, text, text)',
    call: "select public.stop_unless(true, 'RG404')",
  },
  {
    name: 'public.changes_since(text, uuid, bigint, integer)',
    call: "select * from public.changes_since('task', null, null, 100)",
  },
  {
    name: 'app_private.current_user_id()',
    call: 'select app_private.current_user_id()',
    closed: true,
  },
  { name: 'app_private.is_blank(text)', call: "select app_private.is_blank('x')", closed: true },
  { name: 'app_private.psql_user_id()', call: 'select app_private.psql_user_id()', closed: true },
];

const PRIVATE: Readonly<Record<string, string>> = {
  'app_private.psql_login': 'user_id',
  'app_private.email_claim': 'user_id',
  'app_private.email_digest': 'user_id',
  'app_private.deleted_user': 'id',
  'app_private.create_request': 'user_id',
  'app_private.person_version': 'user_id',
  'app_private.change': 'user_id',
};

export const SHIPPED_ROWS: Rows = {
  tables: TABLES,
  functions: FUNCTIONS,
  privateTables: PRIVATE,
  impersonalTables: ['app_private.schema_fingerprint'],
};

/** The shipped rows with those of an application. Throws if `columns` names a table that is not shipped. */
export function withAdded({ columns, ...added }: Added): Rows {
  const unknown = Object.keys(columns).find((sql) => !TABLES.some((table) => table.sql === sql));
  if (unknown)
    throw new Error(
      `test/app/rows.ts: ${unknown} is not a shipped table, so its columns belong into its row in tables.`,
    );
  return {
    tables: [
      ...TABLES.map((table) => ({
        ...table,
        columns: { ...table.columns, ...columns[table.sql] },
      })),
      ...added.tables,
    ],
    functions: [...FUNCTIONS, ...added.functions],
    privateTables: { ...PRIVATE, ...added.privateTables },
    impersonalTables: [...SHIPPED_ROWS.impersonalTables, ...added.impersonalTables],
  };
}
