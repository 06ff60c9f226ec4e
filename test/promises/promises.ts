/**
 * For promises of docs/security.md: a line that keeps it, the same line broken, and the test that must then
 * fail. `promise` is how the document's row begins. Data only; main.ts carries it out.
 */
export interface Promised {
  readonly promise: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly test: string;
  /** The title that docs/security.md quotes; %s stands for anything. */
  readonly title: string;
}

const OWN = '(user_id = (select app_private.current_user_id()))';

export const PROMISES: readonly Promised[] = [
  {
    promise: 'A person reads their own rows only',
    file: 'migrations/committed/000003-task.sql',
    from: `on public.task for select\n  using ${OWN}`,
    to: 'on public.task for select\n  using (true)',
    test: 'test/app/sql.test.ts',
    title: 'read, filtered and sorted, gives the actor’s own rows',
  },
  {
    promise: 'A person changes and deletes their own rows only',
    file: 'migrations/committed/000003-task.sql',
    from: `on public.task for delete\n  using ${OWN}`,
    to: 'on public.task for delete\n  using (true)',
    test: 'test/app/sql.test.ts',
    title: 'written, and every delete, reaches the actor’s own rows',
  },
  {
    promise: 'Nobody makes a row for another person: the policy',
    file: 'migrations/committed/000003-task.sql',
    from: `on public.task for insert\n  with check ${OWN}`,
    to: 'on public.task for insert\n  with check (true)',
    test: 'test/database/rls.test.ts',
    title: 'the tables’ owner without a claim',
  },
  {
    promise: 'Nobody makes a row for another person: the grant',
    file: 'migrations/committed/000003-task.sql',
    from: 'grant insert (title, description, completed)',
    to: 'grant insert (title, description, completed, user_id)',
    test: 'test/database/rls.test.ts',
    title: 'can not %s',
  },
  {
    promise: 'It holds for the owner of the tables and its functions too',
    file: 'migrations/committed/000003-task.sql',
    from: 'alter table public.task force row level security;',
    to: '',
    test: 'test/database/rls.test.ts',
    title: 'the owner of the tables reaches a person’s rows only by acting for that person',
  },
  {
    promise: 'A task goes with the account of its owner',
    file: 'migrations/committed/000003-task.sql',
    from: 'references public."user" (id) on delete cascade',
    to: 'references public."user" (id)',
    test: 'test/database/schema.test.ts',
    title: 'deleting a person deletes their tasks and nobody else’s',
  },
  {
    promise: 'No condition of a login’s query is checked on another person’s row',
    file: 'migrations/committed/000011-direct-pages.sql',
    from: "create view %s with (security_barrier) as select %s from %s offset 0', t.view,",
    to: "create view %s as select %s from %s', t.view,",
    test: 'test/database/side-channels.test.ts',
    title: 'no probe tells what another person wrote',
  },
  {
    promise: 'The setting jwt.claims.user_id counts on the server’s login only',
    file: 'migrations/committed/000001-identity.sql',
    from: "when session_user = 'todo_authenticator'",
    to: 'when true',
    test: 'test/accounts/psql-login-identity.test.ts',
    title: 'no other identity by',
  },
  {
    promise: 'A request that forgot to become todo_user reads nothing',
    file: 'migrations/roles.sql',
    from: 'grant todo_user to todo_authenticator with admin false, inherit false, set true;',
    to: 'grant todo_user to todo_authenticator with admin false, inherit true, set true;',
    test: 'test/database/rls.test.ts',
    title: 'the server’s login that forgot its role, with a claim',
  },
  {
    promise: 'The algorithm of a token is configured, not chosen by the token',
    file: 'src/identity/verifier.ts',
    from: '!algorithms.includes(alg)',
    to: 'false',
    test: 'test/identity/verifier.test.ts',
    title: 'the algorithm is ours to choose, not the token’s',
  },
];
