/**
 * What the matrix knows of the tables and functions that ship: one row of data each. An application adds
 * its own in test/app/rows.ts and leaves this file alone. Data only.
 *
 * `$M` stands for a mark: 'secret' in the rows of the person who must be kept apart, others elsewhere.
 */

export interface Column {
  /** A valid value, other than the default; null for a column that refers to another row. */
  readonly value: string | number | boolean | null;
  /** Whether a person may insert and update it. */
  readonly writable?: true;
  /** Whether the API can order by it. */
  readonly ordered?: true;
  /** It has no field of its own. */
  readonly hidden?: true;
}

export interface Rows {
  readonly tables: readonly ServedTable[];
  readonly functions: readonly ServedFunction[];
  /** Private tables with rows of persons, and the column that holds the person's id. */
  readonly privateTables: Readonly<Record<string, string>>;
  /** Private tables without rows of persons. */
  readonly impersonalTables: readonly string[];
}

export interface ServedTable {
  /** As SQL writes it. */
  readonly sql: string;
  readonly type: string;
  /** The list's field; a table without one has a single row for each person. */
  readonly list?: string;
  readonly owner: string;
  /** Types, other than User, whose rows have this table's list: `List` has `tasks`, and `Task` has `list`. */
  readonly parents?: readonly string[];
  readonly deletable?: true;
  /** Its create takes an idempotencyKey. */
  readonly once?: true;
  readonly columns: Readonly<Record<string, Column>>;
  /** What the API can filter by, each with a GraphQL literal that every row meets. */
  readonly filters: Readonly<Record<string, string>>;
}

const TABLES: readonly ServedTable[] = [
  {
    sql: 'public."user"',
    type: 'User',
    owner: 'id',
    columns: {
      id: { value: 1_999_999_999 },
      email: { value: '$M@example.com' },
      created_at: { value: '2020-01-01T00:00:00Z' },
    },
    filters: {},
  },
  {
    sql: 'public.task',
    type: 'Task',
    list: 'tasks',
    owner: 'user_id',
    deletable: true,
    once: true,
    columns: {
      id: { value: 1_999_999_999, ordered: true },
      title: { value: '$M title', writable: true, ordered: true },
      description: { value: '$M description', writable: true },
      completed: { value: true, writable: true, ordered: true },
      user_id: { value: 1_999_999_999, hidden: true },
      created_at: { value: '2020-01-01T00:00:00Z', ordered: true },
      updated_at: { value: '2020-01-02T00:00:00Z', ordered: true },
    },
    filters: {
      completed: 'true',
      search: '"$M"',
      createdSince: '"2019-01-01T00:00:00Z"',
      createdBefore: '"2100-01-01T00:00:00Z"',
      updatedSince: '"2019-01-01T00:00:00Z"',
      updatedBefore: '"2100-01-01T00:00:00Z"',
    },
  },
];

/** A function that a person may execute. */
export interface ServedFunction {
  readonly name: string;
  readonly call: string;
  /** Its mutation, if it has one of its own, with what its input needs. */
  readonly mutation?: string;
  readonly input?: Readonly<Record<string, string>>;
  readonly payload?: readonly string[];
  /** It ends the account, so somebody new is needed for each call. */
  readonly ends?: true;
  /** It can not be called by name: its schema is closed. */
  readonly closed?: true;
}

const FUNCTIONS: readonly ServedFunction[] = [
  { name: 'public.me()', call: 'select * from public.me()' },
  {
    name: 'public.delete_me()',
    call: 'select * from public.delete_me()',
    mutation: 'deleteMe',
    input: {},
    payload: ['user'],
    ends: true,
  },
  {
    name: 'public.set_all_tasks_completed(boolean)',
    call: 'select public.set_all_tasks_completed(false)',
    mutation: 'setAllTasksCompleted',
    input: { completed: 'false' },
    payload: ['count'],
  },
  {
    name: 'public.clear_completed_tasks()',
    call: 'select public.clear_completed_tasks()',
    mutation: 'clearCompletedTasks',
    input: {},
    payload: ['count'],
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
    name: 'app_private.current_user_id()',
    call: 'select app_private.current_user_id()',
    closed: true,
  },
  { name: 'app_private.psql_user_id()', call: 'select app_private.psql_user_id()', closed: true },
];

const PRIVATE: Readonly<Record<string, string>> = {
  'app_private.psql_login': 'user_id',
  'app_private.email_claim': 'user_id',
  'app_private.email_digest': 'user_id',
  'app_private.deleted_user': 'id',
  'app_private.create_request': 'user_id',
};

export const SHIPPED_ROWS: Rows = {
  tables: TABLES,
  functions: FUNCTIONS,
  privateTables: PRIVATE,
  impersonalTables: ['app_private.schema_fingerprint'],
};
