/** The imports of src/ and bench/ against the drawing of docs/architecture.md (.dependency-cruiser.cjs). */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import extractConfig from 'dependency-cruiser/config-utl/extract-depcruise-config';
import { expect, onTestFinished, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

/** Cruises these folders of `baseDir`. Returns "rule: from → to" for each import that is forbidden. */
async function violationsIn(baseDir: string, folders: string[]) {
  const { forbidden, options } = await extractConfig(join(ROOT, '.dependency-cruiser.cjs'));
  const { output } = await cruise(folders, {
    ...options,
    baseDir,
    ruleSet: { forbidden },
    validate: true,
  });
  const { summary, modules } = output as ICruiseResult;
  const violations = summary.violations.map(
    ({ rule, from, to }) => `${rule.name}: ${from} → ${to}`,
  );
  return { modules, violations };
}

test('there is no import circle, and every import follows the drawing', async () => {
  const { modules, violations } = await violationsIn(ROOT, ['src', 'bench']);
  expect(violations).toEqual([]);
  const imports = (file: string) =>
    modules.find(({ source }) => source === file)?.dependencies.map(({ resolved }) => resolved);
  // The files were read: one import of a value, one of a type, one that waits for the first use.
  expect(imports('src/server.ts')).toContain('src/http/app.ts');
  expect(imports('src/database/request.ts')).toContain('src/database/one-round-trip/preamble.ts');
  expect(imports('src/main.ts')).toContain('src/embedded/development.ts');
});

/** Rule, the importing file, the imported file. */
const FORBIDDEN: readonly (readonly [string, string, string])[] = [
  ['not-in-the-drawing', 'src/attic/a.ts', 'src/errors.ts'],
  ['not-in-the-drawing', 'src/helper.ts', 'src/errors.ts'],
  ['nothing-imports-the-entry-points', 'src/server.ts', 'src/main.ts'],
  ['nothing-imports-the-entry-points', 'bench/entry.ts', 'src/cli/psql.ts'],
  ['arrow-from-config.ts', 'src/config.ts', 'src/database/pool.ts'],
  ['arrow-from-config/', 'src/config/a.ts', 'src/config.ts'],
  ['arrow-from-identity/', 'src/identity/a.ts', 'src/database/pool.ts'],
  ['arrow-from-database/', 'src/database/a.ts', 'src/http/app.ts'],
  ['arrow-from-database/', 'src/database/b.ts', 'src/accounts/users.ts'],
  ['arrow-from-accounts/', 'src/accounts/a.ts', 'src/graphql/api.ts'],
  ['arrow-from-migrate/', 'src/migrate/a.ts', 'src/doctor/doctor.ts'],
  ['arrow-from-doctor/', 'src/doctor/a.ts', 'src/migrate/drift.ts'],
  ['arrow-from-embedded/', 'src/embedded/a.ts', 'src/doctor/doctor.ts'],
  ['arrow-from-graphql/', 'src/graphql/a.ts', 'src/http/app.ts'],
  ['arrow-from-client/', 'src/client/a.ts', 'src/graphql/api.ts'],
  ['arrow-from-http/', 'src/http/a.ts', 'src/embedded/urls.ts'],
  ['arrow-from-rest/', 'src/rest/a.ts', 'src/accounts/users.ts'],
  ['arrow-from-live/', 'src/live/a.ts', 'src/accounts/users.ts'],
  ['arrow-from-cli/', 'src/cli/a.ts', 'src/http/app.ts'],
  [
    'arrow-from-database/one-round-trip/',
    'src/database/one-round-trip/a.ts',
    'src/database/pool.ts',
  ],
  ['arrow-from-graphql/client-error.ts', 'src/graphql/client-error.ts', 'src/graphql/schema/x.ts'],
  ['arrow-from-graphql/schema/', 'src/graphql/schema/a.ts', 'src/graphql/compiled/steps.ts'],
  ['arrow-from-graphql/compiled/', 'src/graphql/compiled/a.ts', 'src/graphql/execution/x.ts'],
  ['arrow-from-graphql/execution/', 'src/graphql/execution/a.ts', 'src/graphql/preset.ts'],
  ['migrations-only-in-development', 'src/embedded/b.ts', 'src/migrate/drift.ts'],
];

const CIRCLES = [
  ['src/http/one.ts', 'src/http/two.ts'],
  ['bench/one.ts', 'bench/two.ts'],
] as const;

test('each rule finds an import that breaks it', async () => {
  const tree = mkdtempSync(join(tmpdir(), 'rowguard-architecture-'));
  onTestFinished(() => rmSync(tree, { recursive: true }));
  const files = new Map<string, string>();
  const add = (file: string, line: string) =>
    files.set(file, `${files.get(file) ?? ''}${line}\nexport {};\n`);
  const importLine = (from: string, to: string) =>
    `import type {} from '${'../'.repeat(from.split('/').length - 1)}${to}';`;
  for (const [, from, to] of FORBIDDEN) {
    add(to, '');
    add(from, importLine(from, to));
  }
  for (const [one, two] of CIRCLES) {
    add(one, importLine(one, two));
    add(two, importLine(two, one));
  }
  add('src/identity/pg.ts', "import type {} from 'pg';");
  add('src/http/missing.ts', "import type {} from './removed.ts';");
  for (const [file, text] of files) {
    mkdirSync(dirname(join(tree, file)), { recursive: true });
    writeFileSync(join(tree, file), text);
  }

  const { violations } = await violationsIn(tree, ['src', 'bench']);

  const { forbidden = [] } = await extractConfig(join(ROOT, '.dependency-cruiser.cjs'));
  const tried = new Set(violations.map((line) => line.slice(0, line.indexOf(': '))));
  expect(forbidden.map(({ name }) => name).filter((name = '') => !tried.has(name))).toEqual([]);
  expect(violations.sort()).toEqual(
    [
      ...FORBIDDEN.map(([rule, from, to]) => `${rule}: ${from} → ${to}`),
      ...CIRCLES.map(([one, two]) => `no-circle: ${one} → ${two}`),
      'identity-without-postgres: src/identity/pg.ts → pg',
      'no-file-missing: src/http/missing.ts → ./removed.ts',
    ].sort(),
  );
});
