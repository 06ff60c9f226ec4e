/**
 * Prepares a cluster like a hosted PostgreSQL: an owner without superuser rights, and an empty database.
 * Takes the URLs and passwords of a running cluster. Runs at every start and adds what is missing.
 * Nothing else uses the superuser, except the shadow database.
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
      // roles.sql and personal logins need CREATEROLE. A hosted owner has the same rights.
      await client.query(
        `create role todo_owner login nosuperuser nocreatedb createrole noreplication nobypassrls
         password ${escapeLiteral(secrets.ownerPassword)}`,
      );
    }
    // Last: an existing database proves that the steps before it are done.
    if (!rows[0]?.database) {
      await closeLargeObjects(client);
      await closeMaintenanceDatabases(client);
      await client.query('create database todo owner todo_owner');
    }
  });
}

/**
 * Large objects have no row level security, and PUBLIC may create them. Only a superuser can revoke that.
 * Revoked in template1, so every database made from it (the shadow database too) inherits it.
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
 * PUBLIC may connect to these two by default. A personal login there could fill the disk with temporary
 * tables, keep its role from being dropped, and block CREATE DATABASE while it is in the template.
 */
async function closeMaintenanceDatabases(client: Client): Promise<void> {
  await client.query('revoke all on database postgres, template1 from public');
}
