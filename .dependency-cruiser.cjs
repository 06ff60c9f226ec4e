/**
 * The drawing of docs/architecture.md as rules for dependency-cruiser. test/architecture.test.ts applies
 * them. `import type` counts as an import: a type from above ties a room to what is above it as well.
 */

/** May be imported from everywhere in src/. */
const SHARED = ['errors.ts'];

/**
 * Room → what it may import of src/, beside itself and SHARED. A name with a slash at its end is a
 * folder. A room that is missing here must not exist: add it here and to the drawing.
 */
const ARROWS = {
  'config.ts': [
    'config/',
    'database/url.ts',
    'graphql/execution/limits.ts',
    'identity/jwk.ts',
    'identity/verifier.ts',
    'log.ts',
  ],
  'config/': ['database/url.ts', 'identity/jwk.ts'],
  'identity/': [],
  'database/': [],
  'accounts/': ['database/', 'identity/'],
  'migrate/': ['database/'],
  'doctor/': ['database/'],
  'embedded/': ['config.ts', 'database/', 'identity/', 'migrate/'],
  'graphql/': ['database/', 'identity/'],
  'client/': ['graphql/client-error.ts'],
  'http/': ['accounts/', 'database/', 'doctor/', 'graphql/', 'identity/', 'migrate/'],
  'rest/': ['database/', 'graphql/', 'http/', 'identity/'],
  'live/': ['database/', 'graphql/', 'http/', 'identity/'],
  'cli/': [
    'accounts/',
    'client/',
    'config.ts',
    'database/',
    'doctor/',
    'embedded/',
    'graphql/',
    'identity/',
    'migrate/',
  ],
};

/** Room → what it must not import although ARROWS allows the room around it. */
const INSIDE = {
  'database/one-round-trip/': ['database/one-round-trip/', 'database/session.ts'],
  'graphql/client-error.ts': [],
  'graphql/schema/': ['graphql/schema/', 'graphql/client-error.ts'],
  'graphql/compiled/': ['graphql/compiled/', 'graphql/schema/', 'graphql/client-error.ts'],
  'graphql/execution/': [
    'database/',
    'graphql/execution/',
    'graphql/compiled/',
    'graphql/schema/',
    'graphql/client-error.ts',
  ],
};

/** `accounts/` → ^src/accounts/, `errors.ts` → ^src/errors\.ts$ */
const pattern = (name) =>
  name.endsWith('/') ? `^src/${name}` : `^src/${name.replaceAll('.', '\\.')}$`;

const onlyTo = (room, targets) => ({
  name: `arrow-from-${room}`,
  comment: `src/${room} may import: ${[...targets, ...SHARED].join(', ')}`,
  severity: 'error',
  from: { path: pattern(room) },
  to: { path: '^(src|bench|test)/', pathNot: [...targets, ...SHARED].map(pattern) },
});

/** Files that wire the rooms. They may import every room. */
const WIRING = ['announce.ts', 'log.ts', 'main.ts', 'metrics.ts', 'server.ts'];

module.exports = {
  forbidden: [
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'not-in-the-drawing',
      comment: 'a new room or top-level file needs its line in .dependency-cruiser.cjs',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: [...Object.keys(ARROWS), ...SHARED, ...WIRING, 'signals.ts'].map(pattern),
      },
      to: {},
    },
    {
      name: 'nothing-imports-the-entry-points',
      severity: 'error',
      from: { pathNot: '^src/cli/' },
      to: { path: '^src/(cli/|main\\.ts$)' },
    },
    ...Object.entries(ARROWS).map(([room, targets]) => onlyTo(room, [room, ...targets])),
    ...Object.entries(INSIDE).map(([room, targets]) => onlyTo(room, targets)),
    {
      name: 'migrations-only-in-development',
      comment: 'the embedded PostgreSQL knows nothing of migrations; development.ts joins the two',
      severity: 'error',
      from: { path: '^src/embedded/', pathNot: '^src/embedded/development\\.ts$' },
      to: { path: '^src/migrate/' },
    },
    {
      name: 'identity-without-postgres',
      severity: 'error',
      from: { path: '^src/identity/' },
      to: { path: '(^|/)(pg|postgraphile|grafast|graphile-migrate)(/|$)' },
    },
    {
      name: 'no-file-missing',
      severity: 'error',
      from: { path: '^(src|bench)/' },
      to: { couldNotResolve: true, path: '^\\.' },
    },
  ],
  options: {
    // TypeScript 7 has no API that dependency-cruiser could use: swc reads the imports instead.
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node'] },
  },
};
