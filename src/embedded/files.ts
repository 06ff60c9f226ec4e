/**
 * The JSON files beside the embedded cluster: passwords, the development key, the last port. Takes the
 * data directory, returns their content. Files have mode 0600 and are replaced as a whole. Never log them.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from '../errors.ts';

export interface Secrets {
  readonly superuserPassword: string;
  readonly ownerPassword: string;
  readonly authenticatorPassword: string;
  /** HS256 key of development tokens: 32 bytes, base64url. */
  readonly jwtSecret: string;
}

export interface State {
  /** PostgreSQL's last port, used again so that saved connection strings keep working. */
  readonly postgresPort?: number;
  /** The demo accounts were created. Deleted ones are not created again. */
  readonly seeded?: boolean;
  /** Which tokens the server accepted at its last start: tokenFingerprint. */
  readonly tokens?: string;
}

/** Reads the secrets, or creates them if there is no cluster yet. */
export function loadSecrets(directory: string, clusterExists: boolean): Secrets {
  const file = join(directory, 'secrets.json');
  if (existsSync(file)) return readJson(file) as Secrets;
  if (clusterExists) {
    throw new OperatorError(
      `${file} is missing; it holds the passwords of the database beside it.`,
      `put the file back from a backup, or move ${directory} away to start with an empty database.`,
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
 * Returns the saved password of a personal login if `keep` is true, else saves a new one. `keep` is
 * whether the login exists: a revoked login gets a new password.
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
      `${file} cannot be read: ${(cause as Error).message}.`,
      'fix its permissions (it belongs to the user who runs npm start), or put it back from a backup.',
      { cause },
    );
  }
}

function writeJson(file: string, value: unknown): void {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}
