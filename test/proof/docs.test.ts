/** docs/security.md names files, tests, database objects and codes: all of them exist. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DOCTOR_SQL } from '../../src/doctor/statement.ts';
import { useTestDatabase } from '../support/database.ts';

const database = useTestDatabase();
const ROOT = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const document = read('docs/security.md');

/** Every match of the pattern's first group (and second, where it has one), once. */
const named = (pattern: RegExp): string[][] => {
  const all = [...document.matchAll(pattern)].map((match) => match.slice(1).map(String));
  expect(all.length).toBeGreaterThan(5);
  return [...new Map(all.map((groups) => [groups.join(), groups])).values()];
};

const FILES = named(/`((?:test|src|migrations)\/[\w./-]+\.(?:ts|sql))`/g);
const TESTS = named(/`(test\/[\w./-]+)` › _((?:[^_]|_(?=\w))+)_/g);
const LIMITS = document
  .slice(document.indexOf('## Known limits'), document.indexOf('## For the operator'))
  .match(/(?<=\| _)[^|]+(?=_ \|)/g);

test.each(FILES)('%s is there', (path = '') => expect(existsSync(join(ROOT, path))).toBe(true));

test.each(TESTS)('%s has “%s”', (path = '', name = '') => expect(read(path)).toContain(name));

test('every row of the promises names a test', () => {
  const promises = document
    .slice(document.indexOf('## What is guaranteed'), document.indexOf('## The matrix'))
    .split('\n')
    .filter((line) => /^\| (?!guaranteed|---)/.test(line));
  expect(promises.length).toBeGreaterThan(25);
  expect(promises.filter((line) => !/ › _/.test(line))).toEqual([]);
});

test('the limits name their tests, and every test of a limit is in the document', () => {
  const inFile = read('test/database/known-limits.test.ts');
  for (const limit of LIMITS ?? []) expect(inFile).toContain(limit);
  const tests = [...inFile.matchAll(/^test\('([^']+)'/gm)].map(([, name = '']) => name);
  expect(tests.filter((name) => !LIMITS?.some((limit) => name.startsWith(limit)))).toEqual([]);
});

/** How the catalogue is asked for an object of each kind; `$1` is its name, `$2` its table. */
const KINDS: Record<string, string> = {
  table: 'select to_regclass($1) is not null and $2::text is null as found',
  index: 'select to_regclass($1) is not null and $2::text is null as found',
  function: 'select to_regprocedure($1) is not null and $2::text is null as found',
  collation: 'select to_regcollation($1) is not null and $2::text is null as found',
  role: 'select to_regrole($1) is not null and $2::text is null as found',
  policy: `select exists (select from pg_policy where polname = $1 and polrelid = $2::regclass) as found`,
  trigger: `select exists (select from pg_trigger where tgname = $1 and tgrelid = $2::regclass) as found`,
  constraint: `select exists (select from pg_constraint where conname = $1 and conrelid = $2::regclass) as found`,
};

test.each(named(/`((?:table|index|function|collation|role|policy|trigger|constraint) [^`]+)`/g))(
  '%s is in the database',
  async (object = '') => {
    const [, kind = '', name, table = null] = /^(\w+) (.*?)(?: on (\S+))?$/.exec(object) ?? [];
    const { rows } = await database.owner.query(KINDS[kind] ?? '', [name, table]);
    expect(rows).toEqual([{ found: true }]);
  },
);

test.each(
  named(/`([A-Z]+(?:_[A-Z]+)+|REPLICATION)`/g).filter(
    ([word]) => !/^(PROOF|STATEMENT|EMAIL|AUTH|METRICS)_/.test(word ?? ''),
  ),
)('%s is a code of the doctor', (code) => expect(DOCTOR_SQL).toContain(`'${code}'`));
