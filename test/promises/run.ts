/**
 * Runs named tests in a copy of the checkout. Takes the copy and the tests, returns for each what became of it.
 * A test that was never reached is `absent`: a database that cannot be made proves nothing about a test.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type NamedTest, split, titlePattern } from './promise.ts';

export type Outcome = 'passed' | 'failed' | 'absent';

export interface Result {
  readonly outcome: Outcome;
  /** The first line of the first failure. */
  readonly message: string;
}

/** What is read of vitest's JSON report. */
interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[] | null;
    }[];
  }[];
}

export function runTests(root: string, tests: readonly NamedTest[]): Map<NamedTest, Result> {
  const files = [...new Set(tests.map((test) => split(test)[0]))];
  const titles = tests.map((test) => `(${titlePattern(split(test)[1]).source})`).join('|');
  const path = join(root, 'report.json');
  rmSync(path, { force: true });
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      ...files,
      ...['--testNamePattern', titles, '--reporter', 'json', '--outputFile', path],
    ],
    { cwd: root, encoding: 'utf8', maxBuffer: 1e8 },
  );
  const report: Report | undefined = existsSync(path)
    ? JSON.parse(readFileSync(path, 'utf8'))
    : undefined;
  const otherwise = firstLine(stderr || stdout);
  return new Map(tests.map((test) => [test, resultOf(root, test, report, otherwise)]));
}

function resultOf(
  root: string,
  test: NamedTest,
  report: Report | undefined,
  otherwise: string,
): Result {
  const [file, title] = split(test);
  const pattern = titlePattern(title);
  const ofFile = report?.testResults.find(({ name }) => relative(root, name) === file);
  const ran = (ofFile?.assertionResults ?? []).filter(
    ({ fullName, status }) =>
      pattern.test(fullName) && (status === 'passed' || status === 'failed'),
  );
  const failure = ran.find(({ status }) => status === 'failed');
  if (failure) {
    return { outcome: 'failed', message: firstLine(failure.failureMessages?.[0] ?? '') };
  }
  if (ran.length > 0) return { outcome: 'passed', message: '' };
  return { outcome: 'absent', message: firstLine(ofFile?.message || otherwise) };
}

const firstLine = (text: string): string => text.trim().split('\n', 1)[0] ?? '';
