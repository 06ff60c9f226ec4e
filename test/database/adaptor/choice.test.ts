/** The settings DATABASE_ADAPTOR and PREPARED_STATEMENTS, and the refusal of other values. */
import { expect, test } from 'vitest';
import { loadConfig } from '../../../src/config.ts';

test('one round trip and prepared statements are the default', () => {
  const { adaptor, preparedStatements } = loadConfig({});
  expect([adaptor, preparedStatements]).toEqual(['one-round-trip', true]);
});

test('DATABASE_ADAPTOR and PREPARED_STATEMENTS turn them off', () => {
  const { adaptor, preparedStatements } = loadConfig({
    DATABASE_ADAPTOR: 'stock',
    PREPARED_STATEMENTS: 'off',
  });
  expect([adaptor, preparedStatements]).toEqual(['stock', false]);
});

test('another value is refused, and the allowed ones are named', () => {
  const load = () => loadConfig({ DATABASE_ADAPTOR: 'fast', PREPARED_STATEMENTS: 'no' });
  expect(load).toThrow('DATABASE_ADAPTOR must be one-round-trip or stock.');
  expect(load).toThrow('PREPARED_STATEMENTS must be on or off.');
});
