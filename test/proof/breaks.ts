/** Ways to break the isolation of tasks, for the tests that show that the proofs notice. Data only. */

const OWN = '(user_id = (select app_private.current_user_id()))';

const psqlUserId = (body: string) => `
  create or replace function app_private.psql_user_id() returns integer
    language sql stable parallel safe security definer set search_path = '' return ${body}`;

export interface Break {
  readonly what: string;
  readonly broken: string;
  readonly mended: string;
}

export const BREAKS: readonly Break[] = [
  {
    what: 'everybody’s tasks are read',
    broken: 'alter policy select_own on public.task using (true)',
    mended: `alter policy select_own on public.task using ${OWN}`,
  },
  {
    what: 'row level security is off',
    broken: 'alter table public.task disable row level security',
    mended: 'alter table public.task enable row level security',
  },
  {
    what: 'the setting is believed on every login',
    broken: psqlUserId("nullif(current_setting('jwt.claims.user_id', true), '')::integer"),
    mended: psqlUserId(
      '(select l.user_id from app_private.psql_login as l where l.login = session_user)',
    ),
  },
];
