/** The rows "What a login cannot do" of docs/security.md. Data only; the shape is explained in promise.ts. */
import { broken, type Promised } from './promise.ts';

const IDENTITY = 'migrations/committed/000001-identity.sql';
const TASK = 'migrations/committed/000003-task.sql';
const PSQL = 'migrations/committed/000005-psql.sql';
const GRANT = 'migrations/committed/000011-direct-pages.sql';
const HARM = 'test/accounts/psql-login-harm.test.ts';
const LIFE = 'test/accounts/psql-login-lifecycle.test.ts';
const OWN = '(user_id = (select app_private.current_user_id()))';

const CONNECT =
  "execute format('grant connect on database %I to %I', current_database(), v_login);";
const ROLE = "nosuperuser nocreatedb nocreaterole noreplication nobypassrls noinherit', v_login);";

export const LOGINS: readonly Promised[] = [
  {
    row: 'A login has the rights of `todo_user` on the views, no right on a table, and is a member of no role',
    breaks: [
      broken(
        GRANT,
        CONNECT,
        `${CONNECT} execute format('grant select on public.task to %I', v_login);`,
        `${LIFE} › a login has no right on a table; on each view it has what todo_user has on the table`,
      ),
      broken(
        GRANT,
        CONNECT,
        `${CONNECT} execute format('grant todo_user to %I', v_login);`,
        `${LIFE} › the login gets nothing but its rights on rows`,
      ),
      broken(
        'migrations/committed/000009-direct.sql',
        "('delete', d.deletes)",
        "('delete', false)",
        `${LIFE} › a login has no right on a table; on each view it has what todo_user has on the table`,
      ),
    ],
  },
  {
    row: 'Joins, cursors, COPY, prepared statements, functions, plans, errors and notices show a login no row of another person',
    breaks: [
      broken(
        TASK,
        `on public.task for select\n  using ${OWN}`,
        'on public.task for select\n  using (true)',
        'test/accounts/psql-login-rows.test.ts › are read %s',
      ),
    ],
  },
  {
    row: 'A login cannot damage anything: schema, policies, other people’s settings, ids, sessions, files',
    breaks: [
      broken(
        IDENTITY,
        'revoke all on schema public from public;',
        'grant all on schema public to public;',
        `${HARM} › a personal login cannot`,
      ),
      broken(
        GRANT,
        'revoke all on %1$s from current_user;',
        '',
        `${HARM} › a personal login cannot`,
      ),
      broken(
        GRANT,
        'connection limit 3',
        'connection limit 30',
        `${HARM} › a personal login has three connections`,
      ),
      broken(
        GRANT,
        ROLE,
        ROLE.replace("noinherit'", "inherit in role todo_authenticator'"),
        `${HARM} › is safe from %s`,
      ),
    ],
  },
  {
    row: 'A login does not see the statements of others',
    breaks: [
      broken(
        GRANT,
        ROLE,
        ROLE.replace("noinherit'", "inherit in role todo_authenticator'"),
        `${HARM} › hides its statements`,
      ),
    ],
  },
  {
    row: 'Revoking removes a login and ends its sessions, also while it reconnects in a loop or holds locks. The login of a deleted person sees nothing',
    breaks: [
      broken(
        PSQL,
        "format('drop role %I', v_login)",
        "'select 1'",
        `${LIFE} › revoking ends the sessions, the role and the mapping`,
        'test/accounts/revoke.test.ts › a login that holds %s is gone; a second revoke finds none',
      ),
      broken(
        PSQL,
        "execute format('alter role %I nologin password null', v_login);",
        '',
        'test/accounts/revoke.test.ts › a login that is being revoked cannot connect',
      ),
      broken(
        PSQL,
        'select count(pg_catalog.pg_terminate_backend(a.pid))',
        'select count(a.pid)',
        'test/accounts/revoke.test.ts › a login that reconnects in a loop is gone, with every session',
      ),
      broken(
        'migrations/committed/000002-user.sql',
        'alter table app_private.psql_login\n  add constraint psql_login_user_id_fkey foreign key (user_id)\n  references public."user" (id) on delete cascade;',
        '',
        `${LIFE} › the login of a deleted person sees nothing`,
      ),
    ],
  },
];
