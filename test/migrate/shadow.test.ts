/** The shadow database of an owner who may make databases: nothing but the owner's URL is needed. */
import { reset } from 'graphile-migrate';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import { migrationSettings } from '../../src/migrate/migrate.ts';
import { withShadow } from '../../src/migrate/shadow.ts';
import { useTestDatabase } from '../support/database.ts';

// migrate() runs every committed migration of this checkout.
const database = useTestDatabase('whole');

test('graphile-migrate takes the owner for the root login, and the shadow is dropped again', async () => {
  // A login that may make databases; the right of todo_owner itself is the whole cluster's business.
  const ownerUrl = database.urls.root;
  const urls = { ownerUrl, authenticatorUrl: database.urls.authenticator };
  const url = await withShadow(
    { ...urls, shadowUrl: undefined, rootUrl: undefined },
    async (shadow) => {
      const settings = {
        ...migrationSettings(ownerUrl, () => {}),
        shadowConnectionString: shadow.url,
        rootConnectionString: shadow.rootUrl,
      };
      await reset(settings, true);
      const client = new Client({ connectionString: shadow.url });
      await client.connect();
      expect((await client.query('select from public.task')).rowCount).toBe(0);
      await client.end();
      return shadow.url;
    },
  );
  await expect(new Client({ connectionString: url }).connect()).rejects.toThrow(/does not exist/);
});
