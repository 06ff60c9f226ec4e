/**
 * The shadow database: an empty database beside the owner's, to try migrations on. Takes the owner's URLs,
 * gives the work the shadow's URLs and drops the shadow afterwards. Never changes another database.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { withClient } from '../database/connect.ts';
import { OperatorError } from '../errors.ts';

export interface Shadow {
  readonly url: string;
  /** The shadow database, as the server's login. */
  readonly authenticatorUrl: string;
  /** A login that may create and drop databases. Used for nothing else. */
  readonly rootUrl: string;
}

export interface ShadowOptions {
  readonly ownerUrl: string;
  readonly authenticatorUrl: string;
  /** SHADOW_DATABASE_URL. undefined = <database>_shadow, created by the owner. */
  readonly shadowUrl: string | undefined;
  readonly rootUrl: string | undefined;
}

export async function withShadow<T>(
  options: ShadowOptions,
  work: (shadow: Shadow) => Promise<T>,
): Promise<T> {
  const { ownerUrl, authenticatorUrl, rootUrl = asRootOf(ownerUrl) } = options;
  const name = databaseOf(options.shadowUrl ?? ownerUrl) + (options.shadowUrl ? '' : '_shadow');
  if (name === databaseOf(ownerUrl)) {
    throw new OperatorError(
      'SHADOW_DATABASE_URL and DATABASE_URL are the same database.',
      'commit empties the shadow database, so name another one, or unset SHADOW_DATABASE_URL: it is then created automatically.',
    );
  }
  await requireCreateDatabase(rootUrl);
  return withClient(ownerUrl, async (owner) => {
    await lockShadow(owner);
    try {
      return await work({
        url: options.shadowUrl ?? onDatabase(ownerUrl, name),
        authenticatorUrl: onDatabase(authenticatorUrl, name),
        rootUrl,
      });
    } finally {
      await drop(rootUrl, name);
    }
  });
}

/** One user of the shadow database at a time. The lock ends with the owner's connection. */
async function lockShadow(owner: Client): Promise<void> {
  const { rows } = await owner.query<{ locked: boolean }>(
    "select pg_try_advisory_lock(hashtext('rowguard shadow')) as locked",
  );
  if (rows[0]?.locked) return;
  throw new OperatorError(
    'Another commit or uncommit on this database is running.',
    'wait until it has ended, then run the command again.',
  );
}

/** The owner's URL. graphile-migrate refuses the same text twice, so a parameter is added. */
function asRootOf(ownerUrl: string): string {
  const url = new URL(ownerUrl);
  url.searchParams.set('application_name', 'rowguard shadow');
  return url.href;
}

const databaseOf = (url: string): string => decodeURIComponent(new URL(url).pathname.slice(1));

export function onDatabase(url: string, name: string): string {
  const other = new URL(url);
  other.pathname = `/${encodeURIComponent(name)}`;
  return other.href;
}

async function requireCreateDatabase(rootUrl: string): Promise<void> {
  const { name, may } = await withClient(rootUrl, async (root) => {
    const { rows } = await root.query<{ name: string; may: boolean }>(
      `select rolname as name, rolsuper or rolcreatedb as may
       from pg_catalog.pg_roles where rolname = current_user`,
    );
    return rows[0] ?? { name: '', may: false };
  });
  if (may) return;
  throw new OperatorError(
    `This command needs a shadow database, and ${name} may not create one.`,
    `run alter role ${name} createdb, or set ROOT_DATABASE_URL to a login that may create databases. For development, unset DATABASE_URL and use the embedded database.`,
  );
}

/**
 * Waits until graphile-migrate has closed its connections. Never use FORCE: graphile-migrate ends the
 * process when one of its connections breaks.
 */
async function drop(rootUrl: string, name: string): Promise<void> {
  await withClient(rootUrl, async (root) => {
    for (const deadline = Date.now() + 10_000; ; await sleep(100)) {
      try {
        await root.query(`drop database if exists ${root.escapeIdentifier(name)}`);
        return;
      } catch (error) {
        const inUse = (error as { code?: string }).code === '55006';
        if (!inUse || Date.now() > deadline) throw error;
      }
    }
  });
}
