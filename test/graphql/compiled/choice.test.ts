/** The setting GRAPHQL_EXECUTOR, and the refusal of untested versions. */
import { expect, test } from 'vitest';
import { loadConfig } from '../../../src/config.ts';
import { checkGrafast, TESTED } from '../../../src/graphql/compiled/versions.ts';

test('compiled is the default, grafast can be chosen, other values are refused', () => {
  expect(loadConfig({}).executor).toBe('compiled');
  expect(loadConfig({ GRAPHQL_EXECUTOR: 'grafast' }).executor).toBe('grafast');
  expect(() => loadConfig({ GRAPHQL_EXECUTOR: 'fast' })).toThrow(
    'GRAPHQL_EXECUTOR must be compiled or grafast.',
  );
});

test('the installed versions are those that were tested', () => expect(checkGrafast).not.toThrow());

test.each(Object.keys(TESTED))('another version of %s is refused, with the fix', (name) => {
  const installed = { ...TESTED, [name]: '9.9.9' } as Parameters<typeof checkGrafast>[0];
  expect(() => checkGrafast(installed)).toThrow(
    `${name} is 9.9.9; compiled operations were tested with ${TESTED[name as keyof typeof TESTED]} only.`,
  );
});
