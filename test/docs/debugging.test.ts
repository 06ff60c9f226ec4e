/** docs/debugging.md: its commands as they are printed, in a shell, on a migrated database. */
import { execFileSync, spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useTestDatabase } from '../support/database.ts';
import { shippedRoot } from '../support/process.ts';
import { DOCUMENTS, partsOf } from './markdown.ts';

const database = useTestDatabase();
const page = DOCUMENTS.find(({ path }) => path === 'docs/debugging.md');
if (!page) throw new Error('docs/debugging.md is not there');
const { blocks } = partsOf(page);
const blockWith = (language: string, text: string): string => {
  const found = blocks.filter((block) => block.language === language && block.code.includes(text));
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} ${language} with ${text}`);
  return found[0].code;
};

const hasPsql = spawnSync('psql', ['--version']).status === 0;

/** As a user's shell runs it, with the database of the environment instead of the embedded one. */
const shell = (code: string): string =>
  execFileSync('sh', ['-euc', code], {
    cwd: shippedRoot(),
    encoding: 'utf8',
    env: {
      ...process.env,
      NODE_ENV: 'development',
      DATABASE_URL: database.urls.owner,
      AUTH_DATABASE_URL: database.urls.authenticator,
    },
  });

beforeAll(() =>
  database.privileged.query(`
    insert into public."user" (id, email) values (1, 'alice@example.com'), (2, 'bob@example.com');
    insert into public.task (title, user_id) values ('of Alice', 1), ('of Bob', 2), ('of Bob, too', 2)`),
);
afterAll(() => database.owner.query('select app_private.revoke_psql_login(2)'));

test.runIf(hasPsql)('step 3: the statement as that person, with the plan', () => {
  const output = shell(blockWith('sh', 'set local role todo_user'));
  expect(output).toMatch(/2 \| bob@example\.com/);
  expect(output).toMatch(/count \n-+\n +2\n/);
  expect(output).toContain('user_id = (InitPlan 1).col1');
  expect(output).toMatch(/rows=0(\.00)? loops/);
  expect(output).toMatch(/ROLLBACK\n$/);
});

test.runIf(hasPsql)('step 3: the plan of a personal login', () => {
  const output = shell(blockWith('sh', 'npm run --silent psql'));
  expect(output).toMatch(/ on task .*rows=2(\.00)? loops/);
});

test('step 4: the policies and the rights of a table', async () => {
  const policies = await database.owner.query(blockWith('sql', 'pg_policies'));
  expect(policies.rows.map(({ policyname }) => policyname)).toContain('select_own');
  const rights = await database.owner.query(blockWith('sql', 'column_privileges'));
  expect(rights.rows).toContainEqual({
    table_name: 'task',
    privilege_type: 'UPDATE',
    columns: 'completed, description, title',
  });
});
