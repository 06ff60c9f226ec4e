/**
 * Gives a cluster what a hosted Postgres comes with: an owner without superuser rights and an empty
 * database of its own. The one use of the superuser. Runs at every start and mends what is missing.
 */
import { type Client, escapeLiteral } from 'pg';
import { withClient } from '../database/connect.ts';
import type { Secrets } from './files.ts';
import type { EmbeddedUrls } from './urls.ts';

export async function bootstrap(urls: EmbeddedUrls, secrets: Secrets): Promise<void> {
  await withClient(urls.template, async (client) => {
    const { rows } = await client.query(
      `select exists (select from pg_roles where rolname = 'todo_owner') as role,
              exists (select from pg_database where datname = 'todo') as database`,
    );
    if (!rows[0]?.role) {
      // CREATEROLE for roles.sql and personal logins; no more than a hosted owner has.
      await client.query(
        `create role todo_owner login nosuperuser nocreatedb createrole noreplication nobypassrls
         password ${escapeLiteral(secrets.ownerPassword)}`,
      );
    }
    // Last, so that a database that is there is a finished one.
    if (!rows[0]?.database) {
      await closeLargeObjects(client);
      await closeMaintenanceDatabases(client);
      await client.query('create database todo owner todo_owner');
    }
  });
}

/**
 * Large objects have no row level security, and PUBLIC may make them; only a superuser can say no. Done
 * in the template, so that every database made from it, the shadow database too, starts without.
 */
async function closeLargeObjects(client: Client): Promise<void> {
  const { rows } = await client.query(
    `select format('revoke execute on function %s from public', p.oid::regprocedure) as statement
     from pg_proc as p
     where p.pronamespace = 'pg_catalog'::regnamespace
       and (p.proname like 'lo\\_%' or p.proname in ('loread', 'lowrite'))
       and has_function_privilege('public', p.oid, 'execute')`,
  );
  if (rows.length) await client.query(rows.map((row) => row.statement).join(';'));
}

/**
 * PUBLIC may enter these two. A personal login in there could fill the disk with temporary tables, keep
 * its role from being dropped, and keep new databases from being made of the template.
 */
async function closeMaintenanceDatabases(client: Client): Promise<void> {
  await client.query('revoke all on database postgres, template1 from public');
}
