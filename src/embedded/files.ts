/**
 * What the embedded server keeps beside its cluster: random passwords, the development key, the port.
 * Everything is made once, mode 0600, and written whole or not at all.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from '../errors.ts';

export interface Secrets {
  readonly superuserPassword: string;
  readonly ownerPassword: string;
  readonly authenticatorPassword: string;
  /** HS256 key of the development tokens: 32 bytes, base64url. */
  readonly jwtSecret: string;
}

export interface State {
  /** The port PostgreSQL had last; kept so that a saved connection string goes on working. */
  readonly postgresPort?: number;
  /** The demo accounts were made; they are not made again, even if somebody deleted them. */
  readonly seeded?: boolean;
}

/** Reads the secrets, or makes them where there is no cluster yet that would need the old ones. */
export function loadSecrets(directory: string, clusterExists: boolean): Secrets {
  const file = join(directory, 'secrets.json');
  if (existsSync(file)) return readJson(file) as Secrets;
  if (clusterExists) {
    throw new OperatorError(
      `${file} is missing, and without it nobody can log in to the database beside it.`,
      `put the file back from a copy, or move ${directory} away to start with an empty database.`,
    );
  }
  const random = () => randomBytes(32).toString('base64url');
  const secrets: Secrets = {
    superuserPassword: random(),
    ownerPassword: random(),
    authenticatorPassword: random(),
    jwtSecret: random(),
  };
  writeJson(file, secrets);
  return secrets;
}

export function loadState(directory: string): State {
  const file = join(directory, 'state.json');
  return existsSync(file) ? (readJson(file) as State) : {};
}

export function saveState(directory: string, change: State): void {
  writeJson(join(directory, 'state.json'), { ...loadState(directory), ...change });
}

/**
 * The password of a personal login, made on its first use. `keep` is whether the login exists: one that
 * was revoked in between gets a new password.
 */
export function savedPassword(directory: string, login: string, keep: boolean): string {
  const file = join(directory, 'logins.json');
  const logins = existsSync(file) ? (readJson(file) as Record<string, string>) : {};
  const password = (keep && logins[login]) || randomBytes(24).toString('base64url');
  writeJson(file, { ...logins, [login]: password });
  return password;
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new OperatorError(
      `${file} can not be read: ${(cause as Error).message}.`,
      'mend its permissions or put it back from a copy; it belongs to the user who runs npm start.',
      { cause },
    );
  }
}

function writeJson(file: string, value: unknown): void {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}
