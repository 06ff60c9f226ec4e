/**
 * The shadow database: an empty one beside the owner's, on which a migration is tried before it counts.
 * Made when it is needed and dropped afterwards; nothing in it is anybody's. Receives URLs, hands them on
 * completed, and touches no database but the shadow.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { withClient } from '../database/connect.ts';
import { OperatorError } from '../errors.ts';

export interface Shadow {
  readonly url: string;
  /** The same database as the server's login. */
  readonly authenticatorUrl: string;
  /** A login that may make and drop databases; for nothing else. */
  readonly rootUrl: string;
}

export interface ShadowOptions {
  readonly ownerUrl: string;
  readonly authenticatorUrl: string;
  /** Where the user has said which; else it is <database>_shadow, made by the owner itself. */
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
      'a shadow database is emptied again and again; name another one, or none: it is then made by itself.',
    );
  }
  await mayMakeDatabases(rootUrl);
  try {
    return await work({
      url: options.shadowUrl ?? onDatabase(ownerUrl, name),
      authenticatorUrl: onDatabase(authenticatorUrl, name),
      rootUrl,
    });
  } finally {
    await drop(rootUrl, name);
  }
}

/** The owner itself. graphile-migrate wants the two to differ, and compares them as text. */
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

async function mayMakeDatabases(rootUrl: string): Promise<void> {
  const { name, may } = await withClient(rootUrl, async (root) => {
    const { rows } = await root.query<{ name: string; may: boolean }>(
      `select rolname as name, rolsuper or rolcreatedb as may
       from pg_catalog.pg_roles where rolname = current_user`,
    );
    return rows[0] ?? { name: '', may: false };
  });
  if (may) return;
  throw new OperatorError(
    `This needs a shadow database, and ${name} may not make one.`,
    `alter role ${name} createdb; or set ROOT_DATABASE_URL to a login that may make databases. On a database of your own machine, leave DATABASE_URL out and use the embedded one.`,
  );
}

/**
 * graphile-migrate's connections to it close a moment after their last use; they must not be broken off,
 * because it would end the process.
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
