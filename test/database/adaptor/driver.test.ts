/** Checks the internals of pg that the adaptor uses: a new version must be read before it is used. */
import { readFileSync } from 'node:fs';
import { Client, type Submittable } from 'pg';
import { expect, test } from 'vitest';
import {
  checkDriver,
  TESTED_PG_VERSION,
  wireOf,
} from '../../../src/database/one-round-trip/driver.ts';
import { useTestDatabase } from '../../support/database.ts';

const database = useTestDatabase();

test('package.json pins the version of pg whose internals were tested', () => {
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
  expect(dependencies.pg).toBe(TESTED_PG_VERSION);
});

test('the installed driver is that version and has what is used of it', () => {
  expect(() => checkDriver()).not.toThrow();
});

test('another version is refused, with how to fix it', () => {
  expect(() => checkDriver('8.99.0')).toThrow(
    `The database driver is pg 8.99.0; one round trip per request was tested with ${TESTED_PG_VERSION} only.`,
  );
});

test('a driver without a message writer is refused, and the missing part is named', () => {
  const client = new Client();
  Object.assign(wireOf(client), { describe: undefined });
  expect(() => checkDriver(TESTED_PG_VERSION, client)).toThrow(/lacks .*: describe\./);
});

test('pg emits the replies in the order that a batch relies on', async () => {
  const client = new Client({ connectionString: database.urls.authenticator });
  await client.connect();
  const wire = wireOf(client);
  const replies: string[] = [];
  wire.on('parseComplete', () => replies.push('parseComplete'));
  wire.on('bindComplete', () => replies.push('bindComplete'));
  wire.prependListener('readyForQuery', ({ status }) => replies.push(`readyForQuery ${status}`));
  const probe = {
    submit: () => {
      wire.parse({ name: '', text: 'select $1::int as n' });
      wire.bind({ statement: '', values: ['4'] });
      wire.describe({ type: 'P' });
      wire.execute({});
      wire.sync();
      return null;
    },
    handleRowDescription: (message: { fields: { name: string }[] }) =>
      replies.push(`rowDescription ${message.fields[0]?.name}`),
    handleDataRow: (message: { fields: string[] }) => replies.push(`dataRow ${message.fields}`),
    handleCommandComplete: (message: { text: string }) =>
      replies.push(`commandComplete ${message.text}`),
    handleReadyForQuery: () => replies.push('handleReadyForQuery'),
    handleError: (error: Error) => replies.push(error.message),
  };
  client.query<Submittable>(probe);
  await client.query('select 1');
  expect(replies.slice(0, 7)).toEqual([
    'parseComplete',
    'bindComplete',
    'rowDescription n',
    'dataRow 4',
    'commandComplete SELECT 1',
    'readyForQuery I',
    'handleReadyForQuery',
  ]);
  await client.end();
});
