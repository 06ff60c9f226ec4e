/**
 * Which database: two URLs in any form their users have them, or none for the embedded one. Hands on
 * what node-postgres understands; connects to nothing.
 */
import { parseDatabaseUrl } from '../database/url.ts';
import type { Settings } from './read.ts';

export interface DatabaseConfig {
  /**
   * The owner's URL; for migrations and admin commands, not needed to serve. On Neon the direct host,
   * also where the pooled one was given: migrations need a session of their own.
   */
  readonly ownerUrl: string | undefined;
  /** The todo_authenticator URL. */
  readonly authenticatorUrl: string;
  /** The same two for psql and everything else that is made of libpq. */
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
