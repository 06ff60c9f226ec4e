/** `npm run doctor` as a process: what it prints, and what it ends with. */
import { expect, test } from 'vitest';
import { useTestDatabase } from '../support/database.ts';
import { mend, UNPROTECTED } from '../support/doctor.ts';
import { runOnce } from '../support/process.ts';

const database = useTestDatabase();

const doctor = (args: readonly string[], env: Record<string, string> = {}) =>
  runOnce('src/cli/doctor.ts', args, env);

test('a table without row level security: exit code 1, and the SQL that fixes it', async () => {
  await database.owner.query(UNPROTECTED);
  const found = await doctor([database.urls.authenticator]);
  expect(found.code).toBe(1);
  expect(found.stdout).toContain('error  RLS_OFF  public.secret\n');
  expect(found.stdout).toContain(
    'fix: alter table public.secret enable row level security, force row level security;\n',
  );

  await mend(database.owner);
  expect((await doctor([database.urls.authenticator])).code).toBe(0);
  await database.owner.query('drop table public.secret');
});

test('a database without errors: exit code 0, by either setting', async () => {
  const { owner, authenticator } = database.urls;
  const asOwner = await doctor([], { DATABASE_URL: owner });
  const asServer = await doctor([], { AUTH_DATABASE_URL: authenticator });
  expect(asOwner.code).toBe(0);
  expect(asOwner.stdout).toMatch(/^(0 errors, \d warnings?|The doctor found nothing)\b/m);
  expect(asServer).toEqual(asOwner);
});

test('--json prints the findings and nothing else', async () => {
  await database.owner.query(UNPROTECTED);
  const { code, stdout } = await doctor(['--json', database.urls.owner]);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toContainEqual({
    code: 'RLS_OFF',
    level: 'error',
    object: 'public.secret',
    message: 'Row level security is off on public.secret.',
    fix: 'alter table public.secret enable row level security, force row level security;',
  });
  await database.owner.query('drop table public.secret');
});

test('--login judges the login the server will connect as', async () => {
  const { code, stdout } = await doctor([database.urls.owner, '--login', 'postgres']);
  expect(code).toBe(1);
  expect(stdout).toContain('error  LOGIN_SUPERUSER  postgres\n');
});

test('--help explains itself', async () => {
  const { code, stdout } = await doctor(['--help']);
  expect(code).toBe(0);
  expect(stdout).toContain('Usage: npm run doctor -- ');
});

test('a database that cannot be examined: exit code 1, the fix, and no password', async () => {
  const url = new URL(database.urls.owner);
  url.port = '1';
  const { code, stdout, stderr } = await doctor([url.href]);
  expect(code).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toContain('Fix:');
  expect(stderr).not.toContain(url.password);

  const nonsense = await doctor(['mysql://root:secret@localhost/x']);
  expect(nonsense.code).toBe(1);
  expect(nonsense.stderr).not.toContain('secret');
});

test('a command line that makes no sense: exit code 2 and the help', async () => {
  for (const args of [['--nonsense'], ['postgresql://a/b', 'postgresql://c/d']]) {
    const { code, stderr } = await doctor(args);
    expect(code).toBe(2);
    expect(stderr).toContain('Usage: npm run doctor');
  }
});
