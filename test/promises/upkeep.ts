/** The rows "That it stays so" of docs/security.md. Data only; the shape is explained in promise.ts. */
import { broken, type Promised } from './promise.ts';

const BOOT = 'test/doctor/boot.test.ts';

export const UPKEEP: readonly Promised[] = [
  {
    row: 'A migration that breaks a rule cannot be committed',
    breaks: [
      broken(
        'src/doctor/gate.ts',
        'refused: !isHistory && errorsOf(findings).length > 0',
        'refused: false',
        'test/doctor/gate.test.ts › a migration that leaves a table unprotected cannot be committed',
      ),
    ],
  },
  {
    row: 'The committed migrations follow the rules',
    breaks: [
      broken(
        'migrations/committed/000003-task.sql',
        'alter table public.task enable row level security;',
        '',
        'test/doctor/sabotage.test.ts › the migrations as they are give no error',
      ),
    ],
  },
  {
    row: 'A production server neither starts on a broken rule nor stays ready',
    breaks: [
      broken(
        'src/doctor/boot.ts',
        'if (production && errors.length > 0)',
        'if (false)',
        `${BOOT} › in production a server refuses a table without row level security`,
        `${BOOT} › in production a server refuses to run as the owner or as a superuser`,
      ),
      broken(
        'src/http/health.ts',
        'reasons: production ? reasons : [],',
        'reasons: [],',
        `${BOOT} › a production server is not ready once a table without row level security appears`,
      ),
    ],
  },
  {
    row: 'Each rule of the doctor finds its break, and the printed fix removes it',
    breaks: [
      broken(
        'src/doctor/statement.ts',
        "file.endsWith('.sql')",
        "file.endsWith('.sql') && file !== 'policies.sql'",
        'test/doctor/rules.test.ts › a finding comes with the break and goes with its fix',
      ),
    ],
  },
  {
    row: 'The doctor finds the same in a database of any locale',
    breaks: [
      broken(
        'src/doctor/catalogue.sql',
        'lower(x.privilege_type collate "C")',
        'lower(x.privilege_type)',
        'test/database/locales.test.ts › the doctor finds the same',
      ),
    ],
  },
  {
    row: 'The proof names each table, column, right, function, field, argument, filter, order and input that it does not cover',
    breaks: [
      broken(
        'test/proof/coverage.ts',
        'return table ? columnFindings(table, relation) : [tableFinding(relation, schema)];',
        'return table ? columnFindings(table, relation) : [];',
        'test/proof/complete.test.ts › %s without a row is named',
      ),
      broken(
        'test/proof/coverage.ts',
        '!proved.has(coordinate.name)',
        'false',
        'test/proof/complete.test.ts › a field, filter, input or mutation that no table and no function explains is named',
      ),
    ],
  },
  {
    row: 'One row of data proves a new table',
    breaks: [
      broken(
        'test/doctor/fixtures/fixture.ts',
        'on public.note for select\n    using (user_id = (select app_private.current_user_id()));',
        'on public.note for select\n    using (true);',
        'test/proof/new-table.test.ts › reaches its own notes only',
      ),
    ],
  },
  {
    row: 'The proofs fail if the isolation is broken',
    breaks: [
      // A break that breaks nothing: a proof that notices it all the same would notice nothing.
      broken(
        'test/proof/breaks.ts',
        "broken: 'alter policy select_own on public.task using (true)'",
        "broken: 'select 1'",
        'test/proof/sabotage.test.ts › in SQL',
        'test/proof/property.test.ts › the property test fails when',
      ),
      broken(
        'test/support/probes.ts',
        '"\'0x1p-1074\'"',
        '"\'1\'"',
        'test/database/side-channels.test.ts › the same probes read texts, and the estimates show them',
      ),
    ],
  },
];
