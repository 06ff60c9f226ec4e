/** The two generated files that a reviewer of a migration reads. `npm run snapshots` rewrites them. */
import { expect, test } from 'vitest';
import { printApi } from '../../src/graphql/print.ts';
import { dumpSchema } from '../../src/migrate/dump.ts';
import { useTestDatabase } from '../support/database.ts';

const database = useTestDatabase('whole');

test('test/app/schema.sql is the schema that the committed migrations make', async () => {
  await expect(await dumpSchema(database.owner)).toMatchFileSnapshot('schema.sql');
});

test('test/app/schema.graphql is the API that this schema gives', async () => {
  await expect(await printApi(database.urls.authenticator)).toMatchFileSnapshot('schema.graphql');
});
