/**
 * The database URLs. Takes settings, returns both URLs in the forms of node-postgres and libpq, or undefined
 * for the embedded PostgreSQL. Notes invalid URLs as problems. Must never connect to a database.
 */
import { parseDatabaseUrl } from '../database/url.ts';
import type { Settings } from './read.ts';

export interface DatabaseConfig {
  /**
   * The owner's URL, for migrations and admin commands. Serving does not need it. A pooled Neon host is
   * replaced by the direct host, because migrations need a session.
   */
  readonly ownerUrl: string | undefined;
  /** The URL of the server's login, todo_authenticator. */
  readonly authenticatorUrl: string;
  /** Both URLs for psql and other programs that use libpq. */
  readonly libpq: { readonly ownerUrl: string | undefined; readonly authenticatorUrl: string };
}

export function readDatabase(settings: Settings): DatabaseConfig | undefined {
  const owner = settings.text('DATABASE_URL');
  const authenticator = settings.text('AUTH_DATABASE_URL');
  if (owner && !authenticator) {
    settings.problem(
      'AUTH_DATABASE_URL (the todo_authenticator login) is required with DATABASE_URL.',
    );
  }
  const parse = (name: string, value: string | undefined) => {
    const url = value === undefined ? undefined : parseDatabaseUrl(value);
    if (typeof url !== 'string') return url;
    settings.problem(`${name} ${url}.`);
    return undefined;
  };
  const ownerUrl = parse('DATABASE_URL', owner)?.direct();
  const authenticatorUrl = parse('AUTH_DATABASE_URL', authenticator);
  if (!authenticator) return undefined;
  return {
    ownerUrl: ownerUrl?.node(),
    authenticatorUrl: authenticatorUrl?.node() ?? '',
    libpq: {
      ownerUrl: ownerUrl?.libpq(),
      authenticatorUrl: authenticatorUrl?.libpq() ?? '',
    },
  };
}
