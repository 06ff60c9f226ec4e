/**
 * For each promise of docs/security.md: a line that keeps it, the same line broken, and the test that must
 * then fail. `promise` is how the document's row begins. Data only; main.ts carries it out.
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
    test: 'test/proof/sql.test.ts',
    title: 'read, filtered and sorted, gives the actor’s own rows',
  },
  {
    promise: 'A person changes and deletes their own rows only',
    file: 'migrations/committed/000003-task.sql',
    from: `on public.task for delete\n  using ${OWN}`,
    to: 'on public.task for delete\n  using (true)',
    test: 'test/proof/sql.test.ts',
    title: 'written, and every delete, reaches the actor’s own rows',
  },
  {
    promise: 'Nobody makes a row for another person',
    file: 'migrations/committed/000003-task.sql',
    from: `on public.task for insert\n  with check ${OWN}`,
    to: 'on public.task for insert\n  with check (true)',
    test: 'test/database/rls.test.ts',
    title: 'can not %s',
  },
];
