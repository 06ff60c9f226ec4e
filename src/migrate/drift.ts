/**
 * Whether a database is the one that the code was written for. Receives any connection that may call
 * app_private.schema_state (the owner, todo_authenticator) and the committed files; hands on what differs.
 * It only reads, and decides nothing.
 */
import { createHash } from 'node:crypto';
import type { ClientBase } from 'pg';
import type { Committed } from './committed.ts';
import { dumpSchema } from './dump.ts';

export interface Drift {
  /**
   * edited: a committed file is not what was committed, or another one than this database has run;
   * behind: files that have not run here; ahead: migrations that are in no file;
   * changed: the schema is not what the last migration left.
   */
  readonly kind: 'edited' | 'behind' | 'ahead' | 'changed';
  /** Files, where there are any. */
  readonly files: readonly string[];
}

interface State {
  readonly migrations: Readonly<Record<string, string>>;
  readonly migration: string | null;
  readonly fingerprint: string | null;
  readonly in_progress: boolean;
}

export async function findDrift(
  client: ClientBase,
  committed: readonly Committed[],
): Promise<Drift[]> {
  const state = await stateOf(client);
  if (!state) return [{ kind: 'behind', files: committed.map(({ file }) => file) }];
  const { migrations } = state;
  const known = new Set(committed.map(({ filename }) => filename));
  const found: Drift[] = [
    {
      kind: 'edited',
      files: committed
        .filter(({ filename, hash, edited }) => edited || (migrations[filename] ?? hash) !== hash)
        .map(({ file }) => file),
    },
    {
      kind: 'behind',
      files: committed.filter(({ filename }) => !migrations[filename]).map(({ file }) => file),
    },
    {
      kind: 'ahead',
      files: Object.keys(migrations)
        .filter((name) => !known.has(name))
        .sort(),
    },
  ];
  const drifts = found.filter(({ files }) => files.length > 0);
  if (await isChanged(client, state)) drifts.push({ kind: 'changed', files: [] });
  return drifts;
}

/** Undefined where migration 000008 has not run. */
async function stateOf(client: ClientBase): Promise<State | undefined> {
  const { rows } = await client.query(
    "select to_regprocedure('app_private.schema_state()') is not null as there",
  );
  if (!rows[0]?.there) return undefined;
  return (await client.query<State>('select * from app_private.schema_state()')).rows[0];
}

/** Work that is not committed yet is a change that its author knows of. */
async function isChanged(client: ClientBase, state: State): Promise<boolean> {
  const last = Object.keys(state.migrations).sort().at(-1);
  if (state.in_progress || !last || state.migration !== state.migrations[last]) return false;
  return state.fingerprint !== (await fingerprintOf(client));
}

/**
 * Taken in the database itself when it is migrated, never carried from one to another: versions of
 * PostgreSQL write the same definition down differently.
 */
const fingerprintOf = async (client: ClientBase): Promise<string> =>
  createHash('sha256')
    .update(await dumpSchema(client))
    .digest('hex');

/** As the owner, after migrations: the schema as it is now is what they left. */
export async function keepFingerprint(owner: ClientBase): Promise<void> {
  const state = await stateOf(owner);
  const last = Object.keys(state?.migrations ?? {})
    .sort()
    .at(-1);
  if (!state || !last || state.migration === state.migrations[last]) return;
  await owner.query(
    `insert into app_private.schema_fingerprint (fingerprint, migration) values ($1, $2)
     on conflict (singleton) do update
     set fingerprint = excluded.fingerprint, migration = excluded.migration, taken_at = now()`,
    [await fingerprintOf(owner), state.migrations[last]],
  );
}

/** A few words, for a log, a probe or a list. */
export function describeDrift({ kind, files }: Drift): string {
  const list = files.length > 3 ? `${files.slice(0, 3).join(', ')} …` : files.join(', ');
  return kind === 'changed' ? 'schema changed by hand' : `schema ${kind}: ${list}`;
}
