/**
 * Connection errors that waiting does not fix, as one sentence with the fix. Takes the error, the URL and
 * the name of its setting, returns an OperatorError, or undefined for any other error. Never prints a
 * password. https://www.postgresql.org/docs/18/errcodes-appendix.html
 */
import { OperatorError } from '../errors.ts';

export type UrlSetting = 'AUTH_DATABASE_URL' | 'DATABASE_URL';

export function connectionError(
  error: unknown,
  url: string,
  setting: UrlSetting,
): OperatorError | undefined {
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  const options = { cause: error };
  const target = describeUrl(url);
  // ENOENT of `connect` is a missing socket, which may appear later. ENOENT of `open` is a missing file.
  if (syscall === 'open') {
    return new OperatorError(
      `The file ${path} in ${setting} cannot be read (${code}).`,
      'correct sslrootcert, sslcert or sslkey in the URL. Leave them out for a publicly trusted certificate.',
      options,
    );
  }
  if (code === '28P01' || code === '28000') {
    return new OperatorError(
      `The database ${target} refuses the login.`,
      LOGIN_FIX[setting],
      options,
    );
  }
  if (code === '3D000') {
    return new OperatorError(
      `The database ${target} does not exist.`,
      `create it and run npm run db -- migrate, or correct its name in ${setting}.`,
      options,
    );
  }
  if (code === '42501') {
    return new OperatorError(
      `The login ${target} lacks a privilege: ${(error as Error).message}.`,
      PRIVILEGE_FIX[setting],
      options,
    );
  }
  return undefined;
}

const LOGIN_FIX: Readonly<Record<UrlSetting, string>> = {
  AUTH_DATABASE_URL:
    'use todo_authenticator in AUTH_DATABASE_URL, with the password of the last npm run db -- migrate.',
  DATABASE_URL: 'correct the user and the password in DATABASE_URL.',
};

const PRIVILEGE_FIX: Readonly<Record<UrlSetting, string>> = {
  AUTH_DATABASE_URL:
    'run npm run db -- migrate as the owner; it grants todo_authenticator what it needs.',
  DATABASE_URL: 'use the owner of the database in DATABASE_URL.',
};

/** The reason of any connection error, for messages. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return message || code || 'no answer';
}

/** user@host:port/database, for messages: never the password. */
export function describeUrl(url: string): string {
  const { username, hostname, port, pathname, searchParams } = new URL(url);
  const host = searchParams.get('host') ?? hostname;
  return `${username}@${host}${port ? `:${port}` : ''}${pathname}`;
}
