/** One-line changes of the committed migrations, as a tired author might make them. Data only. */

const OWN = '(user_id = (select app_private.current_user_id()))';

/** What is wrong · the line · what became of it · what the doctor says. */
export const breaks = (database: string): [string, string, string, string][] => [
  [
    'row level security forgotten',
    'alter table public.task enable row level security;',
    '',
    'RLS_OFF public.task',
  ],
  [
    'the same on "user"',
    'alter table public."user" enable row level security;',
    '',
    'RLS_OFF public."user"',
  ],
  [
    'not forced',
    // The last migration that lifts FORCE.
    'where app_private.is_blank(title);\nalter table public.task force row level security;',
    'where app_private.is_blank(title);',
    'RLS_NOT_FORCED public.task',
  ],
  [
    'everybody may read',
    `on public.task for select\n  using ${OWN}`,
    'on public.task for select\n  using (true)',
    'POLICY_CONSTANT select_own on public.task',
  ],
  [
    'completed tasks are anybody’s',
    `on public.task for select\n  using ${OWN}`,
    `on public.task for select\n  using (${OWN} or completed)`,
    'POLICY_TOO_WIDE select_own on public.task',
  ],
  [
    'the wrong column',
    `on public.task for delete\n  using ${OWN}`,
    'on public.task for delete\n  using (id = (select app_private.current_user_id()))',
    'POLICY_WRONG_COLUMN delete_own on public.task',
  ],
  [
    'the identity asked for per row',
    `on public.task for select\n  using ${OWN}`,
    'on public.task for select\n  using (user_id = app_private.current_user_id())',
    'IDENTITY_PER_ROW select_own on public.task',
  ],
  [
    'the setting read without the identity',
    `on public.task for select\n  using ${OWN}`,
    "on public.task for select\n  using (user_id = (select current_setting('jwt.claims.user_id')::integer))",
    'POLICY_READS_SETTING select_own on public.task',
  ],
  [
    'an update may give a task away',
    `on public.task for update\n  using ${OWN}\n  with check ${OWN}`,
    `on public.task for update\n  using ${OWN}\n  with check (true)`,
    'POLICY_CONSTANT update_own on public.task',
  ],
  [
    'an update without with check',
    `on public.task for update\n  using ${OWN}\n  with check ${OWN}`,
    `on public.task for update\n  using ${OWN}`,
    'POLICY_NO_CHECK update_own on public.task',
  ],
  [
    'a policy for one role',
    'select_own on public.task for select\n',
    'select_own on public.task for select to todo_user\n',
    'POLICY_TO_ROLE select_own on public.task',
  ],
  [
    'the policy of another command',
    'create policy delete_own on public.task for delete',
    'create policy delete_own on public.task for select',
    'POLICY_MISSING public.task',
  ],
  [
    'insert granted on all columns',
    'grant insert (title, description, completed) on',
    'grant insert on',
    'GRANT_BY_TABLE public.task',
  ],
  [
    'the owner granted for update',
    'grant update (title, description, completed) on',
    'grant update (title, description, completed, user_id) on',
    'GRANT_OWNER_COLUMN public.task',
  ],
  [
    'the id granted for insert',
    'grant insert (title, description, completed) on',
    'grant insert (id, title, description, completed) on',
    'GRANT_OWNER_COLUMN public.task',
  ],
  [
    'truncate',
    'grant select, delete on public.task',
    'grant select, delete, truncate on public.task',
    'GRANT_BEYOND_RLS public.task',
  ],
  [
    'a grant to everybody',
    'grant select on public."user" to todo_user',
    'grant select on public."user" to public',
    'GRANT_TO_PUBLIC public."user"',
  ],
  [
    'the database open to everybody',
    "execute format('revoke all on database %I from public', current_database());",
    '',
    `GRANT_TO_PUBLIC database ${database}`,
  ],
  [
    'the schema open to everybody',
    'revoke all on schema public from public;',
    '',
    'GRANT_TO_PUBLIC schema public',
  ],
  [
    'the private schema opened',
    'grant usage on schema app_private to todo_authenticator;',
    'grant usage on schema app_private to todo_user;',
    'PRIVATE_GRANTED schema app_private',
  ],
  [
    'functions for everybody',
    'alter default privileges revoke execute on functions from public;',
    '',
    'FUNCTION_PUBLIC public.delete_me()',
  ],
  [
    'an immutable identity',
    'app_private.current_user_id() returns integer\n  language sql stable',
    'app_private.current_user_id() returns integer\n  language sql immutable',
    'FUNCTION_VOLATILITY app_private.current_user_id()',
  ],
  [
    'the setting trusted on every login',
    "when session_user = 'todo_authenticator'\n",
    "when session_user is not null or session_user = 'todo_authenticator'\n",
    'IDENTITY_CHANGED app_private.current_user_id()',
  ],
  [
    'every direct login a server',
    "      or pg_has_role(session_user, 'todo_authenticator', 'member')\n",
    "      or not pg_has_role(session_user, 'todo_authenticator', 'member')\n",
    'IDENTITY_CHANGED app_private.current_user_id()',
  ],
  [
    'the person of whoever is current',
    'l.login = session_user',
    'l.login = current_user',
    'IDENTITY_CHANGED app_private.psql_user_id()',
  ],
  [
    'the caller’s search_path',
    "language plpgsql security definer\n  set search_path = ''",
    'language plpgsql security definer',
    'FUNCTION_DEFINER_PATH app_private.ensure_user(integer, text, timestamp with time zone)',
  ],
  [
    'anybody may become anybody',
    'grant execute on function app_private.ensure_user(integer, text, timestamptz) to todo_authenticator;',
    'grant execute on function app_private.ensure_user(integer, text, timestamptz) to todo_user;',
    'FUNCTION_SETS_IDENTITY app_private.ensure_user(integer, text, timestamp with time zone)',
  ],
  [
    'tasks of nobody',
    'user_id integer not null default app_private',
    'user_id integer default app_private',
    'OWNER_NULLABLE public.task',
  ],
  [
    'tasks outlive their account',
    'constraint task_user_id_fkey foreign key (user_id) references public."user" (id) on delete cascade',
    'constraint task_user_id_fkey foreign key (user_id) references public."user" (id)',
    'OWNER_NOT_REFERENCED public.task',
  ],
  [
    'tasks without a default owner',
    'user_id integer not null default app_private.current_user_id(),',
    'user_id integer not null,',
    'OWNER_DEFAULT_MISSING public.task',
  ],
  [
    'an owner that may change',
    'or old.user_id is distinct from new.user_id\n    ',
    '',
    'IMMUTABLE_MISSING public.task',
  ],
  [
    'a trigger that only warns',
    "raise exception '% of % can not be changed'",
    "raise warning '% of % can not be changed'",
    'TRIGGER_REPLACED app_private.refuse_change()',
  ],
  [
    'a trigger that does not know a column',
    '  before update on public.task\n  for each row\n  execute function app_private.touch();',
    '  before update of title on public.task\n  for each row\n  execute function app_private.touch();',
    'TOUCH_MISSING public.task',
  ],
  [
    'deleted accounts forgotten',
    '  after delete on public."user"',
    '  after insert on public."user"',
    'TOMBSTONE_MISSING public."user"',
  ],
  [
    'a login that keeps its person',
    'add constraint psql_login_user_id_fkey foreign key (user_id)\n  references public."user" (id) on delete cascade',
    'add constraint psql_login_user_id_fkey foreign key (user_id)\n  references public."user" (id)',
    'USER_REFERENCE psql_login_user_id_fkey on app_private.psql_login',
  ],
  [
    'the keys of any person',
    'v_user_id constant integer := app_private.current_user_id();\n  v_digest constant bytea := pg_catalog.sha256(pg_catalog.convert_to(p_content',
    'v_user_id constant integer := 1;\n  v_digest constant bytea := pg_catalog.sha256(pg_catalog.convert_to(p_content',
    'FUNCTION_READS_PRIVATE public.claim_create(text, text, jsonb)',
  ],
  ...[
    ['grant usage on schema public to todo_user;', 'schema public'],
    ['grant select on public."user" to todo_user;', 'public."user"'],
    ['grant usage on schema app_private to todo_authenticator;', 'schema app_private'],
    [
      'grant execute on function app_private.current_user_id() to todo_user;',
      'app_private.current_user_id()',
    ],
    ['grant execute on function public.me() to todo_user;', 'public.me()'],
    [
      'grant execute on function app_private.schema_state() to todo_authenticator;',
      'app_private.schema_state()',
    ],
    [
      "execute format('grant connect on database %I to todo_authenticator', current_database());",
      `database ${database}`,
    ],
  ].map(([line = '', object = '']): [string, string, string, string] => [
    `a right forgotten: ${object}`,
    line,
    '',
    `GRANT_MISSING ${object}`,
  ]),
];

/** A line more: what a next migration might bring. */
export const ADDITIONS: [string, string, string][] = [
  [
    'a table and nothing else',
    'create table public.note (id integer primary key, user_id integer);',
    'RLS_OFF public.note',
  ],
  [
    'a view with its owner’s rights',
    'create view public.all_tasks as select * from public.task;',
    'VIEW_NOT_INVOKER public.all_tasks',
  ],
  [
    'a materialised view',
    'create materialized view public.totals as select count(*) from public.task; grant select on public.totals to todo_user;',
    'MATVIEW_GRANTED public.totals',
  ],
  [
    'a second, wider policy',
    'create policy shared on public.task for select using (completed);',
    'POLICY_OVERLAP public.task',
  ],
  [
    'titles unique for all',
    'create unique index task_title_idx on public.task (title);',
    'UNIQUE_SPANS_USERS task_title_idx on public.task',
  ],
  [
    'an index of everybody’s titles',
    'create index task_title_idx on public.task (title);',
    'INDEX_SPANS_USERS task_title_idx on public.task',
  ],
  [
    'a child of anybody’s task',
    'alter table public.task add parent_id integer references public.task (id);',
    'FOREIGN_KEY_CROSSES_OWNER task_parent_id_fkey on public.task',
  ],
  [
    'who has a login',
    'grant select on app_private.psql_login to todo_user;',
    'PRIVATE_GRANTED app_private.psql_login',
  ],
  [
    'a data migration that left FORCE off',
    'alter table public.task no force row level security;',
    'RLS_NOT_FORCED public.task',
  ],
  [
    'all tables to come',
    'alter default privileges grant select on tables to todo_user;',
    'DEFAULT_PRIVILEGES tables',
  ],
  [
    'another person in a task',
    'alter table public.task add assignee_id integer references public."user" (id);',
    'USER_REFERENCE task_assignee_id_fkey on public.task',
  ],
  [
    'a function that sets the claim for its caller',
    `create function public.act_as(id integer) returns text language sql volatile
      return set_config('jwt.claims.user_id', id::text, true);
      grant execute on function public.act_as to todo_user;`,
    'FUNCTION_SETS_IDENTITY public.act_as(integer)',
  ],
  [
    'a claim set by dynamic SQL',
    `create function public.act_as(id integer) returns void language plpgsql security definer set search_path = ''
      as $$ begin execute format('set local jwt.claims.user_id = %L', id); end $$;
      grant execute on function public.act_as to todo_user;`,
    'FUNCTION_SETS_IDENTITY public.act_as(integer)',
  ],
  [
    'a wrapper around an owner’s function',
    `create function public.leave(id integer) returns void language sql volatile security definer set search_path = ''
      begin atomic select app_private.end_account(id); end;
      grant execute on function public.leave to todo_user;`,
    'FUNCTION_SETS_IDENTITY public.leave(integer)',
  ],
  [
    'an order that the caller writes',
    `create function public.sorted(by text) returns setof public.task language plpgsql stable
      as $$ begin return query execute 'select * from public.task order by ' || by; end $$;
      grant execute on function public.sorted to todo_user;`,
    'FUNCTION_DYNAMIC_SQL public.sorted(text)',
  ],
  [
    'rows sent to every listener',
    `create function app_private.tell() returns trigger language plpgsql set search_path = ''
      as $$ begin perform pg_notify('task', row_to_json(new)::text); return null; end $$;
      create trigger tell after insert on public.task for each row execute function app_private.tell();`,
    'FUNCTION_NOTIFIES app_private.tell()',
  ],
  [
    'a trigger switched off',
    'alter table public.task disable trigger _200_touch;',
    'TRIGGER_DISABLED _200_touch on public.task',
  ],
  [
    'an owner of another name, and an or',
    `create table public.item (id integer generated always as identity primary key, open boolean,
        owner_id integer not null references public."user" (id) on delete cascade);
      alter table public.item enable row level security, force row level security;
      create policy select_own on public.item for select
        using (owner_id = (select app_private.current_user_id()) or open);`,
    'POLICY_TOO_WIDE select_own on public.item',
  ],
];
