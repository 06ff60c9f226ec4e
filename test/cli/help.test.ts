/** `--help` of every npm script that runs a program of this project: it prints the usage and does nothing else. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT, runOnce, temporaryDirectory } from '../support/process.ts';

const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

/** Name of the script, its program, and the arguments in package.json. */
const PROGRAMS = Object.entries(scripts).flatMap(([name, command]) => {
  const [, program, given = ''] = /exec node (\S+\.ts)(.*)$/.exec(command) ?? [];
  return program ? [[name, program, given.split(' ').filter(Boolean)] as const] : [];
});

test('the scripts are found', () => {
  expect(PROGRAMS.map(([name]) => name)).toEqual(
    expect.arrayContaining([
      'start',
      'dev',
      'db',
      'psql',
      'token',
      'doctor',
      'soak',
      'promises',
      'example',
    ]),
  );
});

for (const [name, program, given] of PROGRAMS) {
  test.each(['--help'])(`npm run ${name} -- %s`, async (help) => {
    const directory = temporaryDirectory();
    const env = { DATA_DIR: join(directory, 'data') };
    const { code, stdout, stderr } = await runOnce(program, [...given, help], env, ROOT);
    expect(stdout).toMatch(/^(Usage: )?npm (run )?\w+/);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(readdirSync(directory)).toEqual([]);
  });
}
