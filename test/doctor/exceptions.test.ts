/** `@doctor allow CODE: reason` in a comment: what it allows, that it is printed, and what it does not allow. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { errorsOf, examineHere } from '../../src/doctor/doctor.ts';
import { line, report } from '../../src/doctor/report.ts';
import { useTestDatabase } from '../support/database.ts';
import { NOTE } from './fixtures/fixture.ts';

const database = useTestDatabase();

beforeAll(() => database.owner.query(NOTE));
afterAll(() => database.owner.query('drop table public.note'));

async function findingsAfter(sql: string) {
  const { owner } = database;
  await owner.query('begin');
  try {
    await owner.query(sql);
    const findings = await examineHere(owner);
    return findings.filter(({ code }) => code !== 'SERVER_VERSION');
  } finally {
    await owner.query('rollback');
  }
}

const WIDE = `alter policy select_own on public.note
  using (user_id = (select app_private.current_user_id()) or body = 'public');`;

const comment = (text: string) => `comment on policy select_own on public.note is '${text}'`;

test('an allowed finding refuses nothing and is printed with its reason', async () => {
  const findings = await findingsAfter(
    `${WIDE} ${comment('@doctor allow POLICY_TOO_WIDE: public notes are for everybody\nOwn notes.')}`,
  );
  expect(errorsOf(findings)).toEqual([]);
  expect(findings).toMatchObject([
    {
      code: 'POLICY_TOO_WIDE',
      level: 'allowed',
      object: 'select_own on public.note',
      fix: '-- allowed: public notes are for everybody',
    },
  ]);
  expect(report(findings)).toContain('allowed: public notes are for everybody');
  expect(report(findings)).toContain('0 errors, 0 warnings, 1 allowed by a comment.');
  expect(findings.map(line)[0]).toContain('doctor: allowed POLICY_TOO_WIDE');
});

test.each([
  ['another code', '@doctor allow POLICY_CONSTANT: because'],
  ['no reason', '@doctor allow POLICY_TOO_WIDE:'],
  ['no code', '@doctor allow: because'],
  ['not at the start, where the API would show it', 'Own.\n@doctor allow POLICY_TOO_WIDE: because'],
])('an exception with %s allows nothing, and is a finding', async (_what, text) => {
  const findings = await findingsAfter(`${WIDE} ${comment(text)}`);
  expect(findings.map(({ code, level }) => `${level} ${code}`)).toEqual([
    'error POLICY_TOO_WIDE',
    'warning EXCEPTION_UNUSED',
  ]);
});

test('an exception holds for its own object only', async () => {
  const findings = await findingsAfter(
    `${WIDE} comment on policy delete_own on public.note is '@doctor allow POLICY_TOO_WIDE: because'`,
  );
  expect(errorsOf(findings).map(({ object }) => object)).toEqual(['select_own on public.note']);
});

test.each([
  ['table public.note', 'alter table public.note no force row level security', 'RLS_NOT_FORCED'],
  [
    'index public.note_body_idx',
    'create index note_body_idx on public.note (body)',
    'INDEX_SPANS_USERS',
  ],
  [
    'constraint note_reader_fkey on public.note',
    `alter table public.note add reader integer, add constraint note_reader_fkey
      foreign key (reader) references public."user" (id) on delete set null;
      create index on public.note (user_id, reader);
      comment on column public.note.reader is 'Who reads it.'`,
    'USER_REFERENCE',
  ],
  [
    'trigger _100_more on public.note',
    `create trigger _100_more before update on public.note for each row
      execute function app_private.refuse_change();
      alter table public.note disable trigger _100_more`,
    'TRIGGER_DISABLED',
  ],
  ['function public.me()', 'grant execute on function public.me() to public', 'FUNCTION_PUBLIC'],
  ['schema public', 'grant usage on schema public to public', 'GRANT_TO_PUBLIC'],
])('the comment of a %s allows its finding', async (object, sql, code) => {
  const findings = await findingsAfter(
    `${sql}; comment on ${object} is '@doctor allow ${code}: tried\nText.'`,
  );
  expect(findings.map(({ code, level }) => `${level} ${code}`)).toEqual([`allowed ${code}`]);
});
