/** `npm run client` as a front-end developer runs it: into a folder of a project, again, after an edit, by mistake. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { useTestDatabase } from '../support/database.ts';
import { runOnce, shippedRoot, temporaryDirectory } from '../support/process.ts';

const database = useTestDatabase();
const client = (...args: string[]) =>
  runOnce('src/cli/client.ts', args, { AUTH_DATABASE_URL: database.urls.authenticator });

const FILES = ['apollo.ts', 'errors.ts', 'schema.graphql', 'schema.ts', 'token.ts', 'urql.ts'];

test('writes six files, the same ones again, and no file twice', async () => {
  const out = join(temporaryDirectory(), 'rowguard');
  const first = await client('--out', out);
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(readdirSync(out).sort()).toEqual(FILES);
  for (const name of FILES) expect(first.stdout).toContain(name);
  const sdl = readFileSync(join(shippedRoot(), 'test/app/schema.graphql'), 'utf8');
  const written = readFileSync(join(out, 'schema.graphql'), 'utf8');
  expect(written.slice(written.indexOf('\n') + 1)).toBe(sdl);

  const texts = () => FILES.map((name) => readFileSync(join(out, name), 'utf8'));
  const times = () => FILES.map((name) => statSync(join(out, name)).mtimeMs);
  const [before, written1] = [texts(), times()];
  expect((await client('--out', out)).stdout).toBe(`The files in ${out} are up to date.\n`);
  expect([texts(), times()]).toEqual([before, written1]);
});

test('overwrites no file that was edited or is not its own, and writes the others neither', async () => {
  const out = temporaryDirectory();
  writeFileSync(join(out, 'token.ts'), 'export const mine = 1;\n');
  const refused = await client('--out', out);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/^rowguard: Nothing was written: token\.ts in .* is not as/);
  expect(refused.stderr).toContain('--force');
  expect(readdirSync(out)).toEqual(['token.ts']);

  expect((await client('--out', out, '--force')).code).toBe(0);
  const urql = join(out, 'urql.ts');
  const original = readFileSync(urql, 'utf8');
  // Git on Windows changes the ends of lines: no edit.
  writeFileSync(urql, original.replaceAll('\n', '\r\n'));
  expect((await client('--out', out)).code).toBe(0);
  writeFileSync(urql, original.replace('if (info.optimistic) return;', ''));
  const edited = await client('--out', out);
  expect(edited.stderr).toContain('urql.ts');
  expect(readFileSync(urql, 'utf8')).not.toBe(original);
  expect((await client('--out', out, '--force')).stdout).toContain('urql.ts');
  expect(readFileSync(urql, 'utf8')).toBe(original);
});

test('a mistake in the command is one sentence, and makes no folder', async () => {
  const folder = temporaryDirectory();
  mkdirSync(join(folder, 'there'));
  writeFileSync(join(folder, 'file'), '');
  const sentence = async (code: number, ...args: string[]) => {
    const refused = await client(...args);
    expect({ code: refused.code, stdout: refused.stdout }).toEqual({ code, stdout: '' });
    expect(refused.stderr).not.toMatch(/\n\s+at /);
    return refused.stderr.split('\n')[0];
  };
  expect(await sentence(2)).toBe('rowguard: --out is missing.');
  expect(await sentence(2, '--out')).toMatch(/^rowguard: .*--out/);
  expect(await sentence(1, '--out', join(folder, 'absent/rowguard'))).toBe(
    `rowguard: There is no folder ${folder}/absent.`,
  );
  expect(await sentence(1, '--out', join(folder, 'file'))).toBe(
    `rowguard: ${folder}/file is not a folder.`,
  );
  expect(existsSync(join(folder, 'absent'))).toBe(false);
});
