/** Links, files, commands and line lengths of every document; and each rule finds its mistake. */
import { expect, test } from 'vitest';
import { DOCUMENTS } from './markdown.ts';
import { deadLinks, longLines, missingCommands, missingFiles, type Rule } from './prose-rules.ts';

test('the documents are found', () => {
  const paths = DOCUMENTS.map(({ path }) => path);
  expect(paths).toContain('README.md');
  expect(paths).toContain('docs/architecture.md');
  expect(paths).toContain('examples/better-auth/README.md');
  expect(paths.filter((path) => path.includes('node_modules'))).toEqual([]);
});

const RULES: Readonly<Record<string, Rule>> = {
  'relative links lead somewhere': deadLinks,
  'files that are named exist': missingFiles,
  'commands that are named exist': missingCommands,
  'lines have at most 120 characters': longLines,
};

const CASES = Object.entries(RULES).flatMap(([name, rule]) =>
  DOCUMENTS.map((document) => [document.path, name, rule, document] as const),
);

test.each(CASES)('%s: %s', (_path, _name, rule, document) => {
  expect(rule(document)).toEqual([]);
});

const LONG = 'word '.repeat(25).trim();

test.each<[Rule, string, string[]]>([
  [deadLinks, '[a](no.md)', ['the link no.md leads to no file']],
  [deadLinks, '[a](graphql.md#no)', ['the link graphql.md#no names no heading']],
  [deadLinks, '# One `two`, three\n[a](#one-two)', ['the link #one-two names no heading']],
  [deadLinks, '# One `two`, three\n[a](#one-two-three) [b](https://a.b/c) `[c](d)`', []],
  [missingFiles, '`src/no.ts` and `test/http/`', ['src/no.ts does not exist']],
  [missingFiles, '`no.test.ts` and `prose.test.ts`', ['no.test.ts does not exist']],
  [missingFiles, '```sh\nnpm test -- test/no\n```', ['test/no does not exist']],
  [missingFiles, '```ts\nsrc/no.ts\n```\nsrc/no.ts, `src/cli/*.ts`', []],
  [missingCommands, '`npm run no`', ['there is no npm run no']],
  [missingCommands, 'npm run db -- no', ['there is no npm run db -- no']],
  [missingCommands, '```sh\nnpm run --silent no -- x\n```', ['there is no npm run --silent no']],
  [missingCommands, '`npm run db --\nmigrate`, npm run psql -- 1', []],
  [longLines, LONG, ['line 1 has 124 characters']],
  [longLines, `| ${LONG} |\n\`${LONG}\`\n- [${LONG}](a)\n\`\`\`\n${LONG}\n\`\`\``, []],
])('%o finds the mistake in %j', (rule, text, mistakes) => {
  expect(rule({ path: 'docs/made-up.md', text })).toEqual(mistakes);
});
