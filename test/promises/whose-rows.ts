/** The rows "Whose rows" of docs/security.md. Data only; the shape is explained in promise.ts. */
import { broken, type Promised } from './promise.ts';

const USER = 'migrations/committed/000002-user.sql';
const TASK = 'migrations/committed/000003-task.sql';
/** The last migration that lifts FORCE and restores it. */
const WORDS = 'migrations/committed/000013-words.sql';
const CONNECT =
  "execute format('grant connect on database %I to %I', current_database(), v_login);";
const DIRECT = 'migrations/committed/000011-direct-pages.sql';
const OWN = '(user_id = (select app_private.current_user_id()))';
const ANY_VIEW = "create view %s with (security_barrier) as select %s from %s offset 0',";
const RLS = 'test/database/rls.test.ts';
const SIDE = 'test/database/side-channels.test.ts';

export const WHOSE_ROWS: readonly Promised[] = [
  {
    row: 'A person reads only their own rows: over HTTP, with a personal login and on the server’s login; by any column, filter or order',
    breaks: [
      broken(
        TASK,
        `on public.task for select\n  using ${OWN}`,
        'on public.task for select\n  using (true)',
        'test/app/sql.test.ts › read, filtered and sorted, gives the actor’s own rows',
        'test/app/graphql.test.ts › of another person reaches that person’s rows',
        'test/proof/property.test.ts › everyone reads and changes only their own tasks',
      ),
      broken(
        USER,
        'on public."user" for select\n  using (id = (select app_private.current_user_id()))',
        'on public."user" for select\n  using (true)',
        'test/app/sql.test.ts › read, filtered and sorted, gives the actor’s own rows',
      ),
    ],
  },
  {
    row: 'A person changes and deletes only their own rows',
    breaks: [
      broken(
        TASK,
        `on public.task for delete\n  using ${OWN}`,
        'on public.task for delete\n  using (true)',
        'test/app/sql.test.ts › written, and every delete, reaches the actor’s own rows',
      ),
      broken(
        TASK,
        `on public.task for update\n  using ${OWN}\n  with check ${OWN}`,
        'on public.task for update\n  using (true)\n  with check (true)',
        'test/app/sql.test.ts › written, and every delete, reaches the actor’s own rows',
      ),
      // The views of a login find rows by the policies for reading, so all of them have to go.
      broken(
        WORDS,
        'alter table public.task force row level security;',
        '',
        'test/accounts/psql-login-rows.test.ts › are changed %s',
      ),
    ],
  },
  {
    row: 'Nobody makes a row for another person or gives a row to another person',
    breaks: [
      broken(
        TASK,
        `on public.task for insert\n  with check ${OWN}`,
        'on public.task for insert\n  with check (true)',
        `${RLS} › the tables’ owner without a claim`,
      ),
      broken(
        TASK,
        'grant insert (title, description, completed)',
        'grant insert (title, description, completed, user_id)',
        `${RLS} › cannot %s`,
      ),
      broken(
        TASK,
        'grant update (title, description, completed)',
        'grant update (title, description, completed, user_id)',
        `${RLS} › cannot %s`,
      ),
      broken(
        TASK,
        'when (old.id is distinct from new.id or old.user_id is distinct from new.user_id\n    or old.created_at',
        'when (old.id is distinct from new.id\n    or old.created_at',
        'test/database/schema.test.ts › never changes, not even by the owner or a superuser',
      ),
    ],
  },
  {
    row: 'Nobody chooses an id, an owner or a time',
    breaks: [
      broken(
        TASK,
        'grant insert (title, description, completed)',
        'grant insert (title, description, completed, created_at)',
        `${RLS} › cannot %s`,
      ),
      broken(
        DIRECT,
        CONNECT,
        `${CONNECT} execute format('grant usage on schema public to %1$I; grant usage on sequence public.task_id_seq to %1$I', v_login);`,
        'test/accounts/psql-login-harm.test.ts › take ids',
      ),
    ],
  },
  {
    row: 'The owner of the tables, and functions that run as the owner, are bound by the policies too',
    breaks: [
      broken(
        WORDS,
        'alter table public.task force row level security;',
        '',
        `${RLS} › the owner of the tables reaches a person’s rows only by acting for that person`,
      ),
      broken(
        WORDS,
        'alter table public."user" force row level security;',
        '',
        `${RLS} › the owner of the tables reaches a person’s rows only by acting for that person`,
      ),
    ],
  },
  {
    row: 'A task always has an existing owner, and is deleted with the owner’s account',
    breaks: [
      broken(
        TASK,
        'references public."user" (id) on delete cascade',
        'references public."user" (id)',
        'test/database/schema.test.ts › deleting a person deletes their tasks and nobody else’s',
      ),
      broken(
        TASK,
        'user_id integer not null default app_private.current_user_id()',
        'user_id integer default app_private.current_user_id()',
        'test/database/schema.test.ts › no login can make a task without an existing owner',
      ),
    ],
  },
  {
    row: 'PostgreSQL never checks a condition of a login’s query on another person’s row, whatever planner costs the login sets',
    breaks: [
      broken(
        DIRECT,
        ANY_VIEW,
        "create view %s with (security_barrier) as select %s from %s',",
        `${SIDE} › no probe tells what another person wrote`,
      ),
      broken(
        DIRECT,
        ANY_VIEW,
        "create view %s as select %s from %s',",
        `${SIDE} › no probe tells what another person wrote`,
      ),
    ],
  },
  {
    row: 'No index answers questions about other people’s texts',
    breaks: [
      broken(
        TASK,
        'create index task_user_id_idx on public.task (user_id, id);',
        'create index task_user_id_idx on public.task (user_id, id); create index on public.task (title);',
        'test/database/schema.test.ts › tasks are indexed by owner',
      ),
    ],
  },
  {
    row: 'A login’s query plans do not depend on what other people wrote',
    breaks: [
      broken(
        DIRECT,
        ANY_VIEW,
        "create view %s as select %s from %s offset 0',",
        `${SIDE} › the planner’s estimates do not depend on what others wrote`,
      ),
      broken(
        DIRECT,
        CONNECT,
        `${CONNECT} execute format('grant usage on schema public to %1$I; grant select on sequence public.task_id_seq to %1$I', v_login);`,
        `${SIDE} › no statistics, sequence value or row version of a table is shown`,
      ),
    ],
  },
  {
    row: 'Another person’s row gets the same answer as a row that does not exist',
    breaks: [
      broken(
        TASK,
        `on public.task for select\n  using ${OWN}`,
        'on public.task for select\n  using (true)',
        'test/graphql/schema/writes.test.ts › the same answer to the byte',
        'test/graphql/schema/payloads.test.ts › shows nothing of another person’s row',
      ),
    ],
  },
  {
    row: 'A write of many rows is done for all of them or for none, whoever has them and whether they exist',
    breaks: [
      broken(
        'migrations/committed/000014-payloads.sql',
        'if p_met is not true then',
        'if false then',
        'test/graphql/schema/bulk.test.ts › %s: another person’s id is answered like one that is not there, and nothing is done',
      ),
    ],
  },
  {
    row: 'A unique constraint reveals nothing about other people. The one exception is the e-mail address, which only the sign-in service can set',
    breaks: [
      {
        file: USER,
        edits: [
          [
            'grant select on public."user" to todo_user;',
            'grant select, update (email) on public."user" to todo_user;',
          ],
          [
            'function app_private.keep_email_digest() returns trigger',
            'function app_private.keep_email_digest() returns trigger security definer',
          ],
        ],
        fails: [`${RLS} › a request of the row’s owner`],
      },
      broken(
        USER,
        'create unique index user_email_key',
        'create index user_email_key',
        'test/accounts/account.test.ts › an address that another account holds is RG001 and changes nothing',
      ),
      {
        file: 'migrations/committed/000010-next-column.sql',
        edits: [
          ['primary key (user_id, relation, key)', 'primary key (relation, key)'],
          [
            'on conflict (user_id, relation, key) do nothing',
            'on conflict (relation, key) do nothing',
          ],
        ],
        fails: ['test/graphql/schema/once.test.ts › a key is one person’s'],
      },
    ],
  },
  {
    row: 'Errors, aborts, timeouts, lost connections and simultaneous requests change none of this',
    breaks: [
      broken(
        'src/database/one-round-trip/preamble.ts',
        ' + 1}, true)`',
        ' + 1}, false)`',
        'test/database/adaptor/behaviour.test.ts › nothing of a request is left on its connection after success',
      ),
      broken(
        'src/database/one-round-trip/preamble.ts',
        'const values = REQUEST_SETTINGS.map((name) => settings[name]);',
        'const values = (globalThis.kept ??= REQUEST_SETTINGS.map((name) => settings[name]));',
        'test/proof/property.test.ts › everyone reads and changes only their own tasks',
      ),
    ],
  },
  {
    row: 'Which of a person’s rows changed, and how many, is told to that person only',
    breaks: [
      broken(
        'migrations/committed/000016-live.sql',
        'where c.user_id = (select app_private.current_user_id()) and c.relation = p_relation',
        'where c.relation = p_relation',
        'test/live/versions.test.ts › is made by a personal login',
        'test/live/streams.test.ts › another person gets no byte of it',
      ),
      broken(
        'src/graphql/schema/change-cursor.ts',
        'if (owner !== person)',
        'if (owner === undefined)',
        'test/live/task-changes.test.ts › the cursor of another person is refused',
      ),
    ],
  },
  {
    row: 'A stream of changes ends with its token and with its account',
    breaks: [
      broken(
        'src/live/streams.ts',
        "() => end(events, 'UNAUTHENTICATED', 'The token has expired.'),",
        '() => {},',
        'test/live/streams.test.ts › the stream ends with the token',
      ),
      broken(
        'src/live/streams.ts',
        "if (news === 'gone') return end(events, 'ACCOUNT_DELETED', GONE);",
        "if (news === 'gone') return;",
        'test/live/streams.test.ts › the stream ends with the account, deleted %s',
      ),
    ],
  },
];
