/**
 * Drift: differences between a database and the committed migrations. Takes the committed files and a
 * connection that may call app_private.schema_state (the owner, todo_authenticator), returns the
 * differences. findDrift only reads; the callers decide what a difference means. A pre-1.0 database is
 * refused (OperatorError).
 */
import { createHash } from 'node:crypto';
import type { ClientBase } from 'pg';
import type { Committed } from './committed.ts';
import { dumpSchema } from './dump.ts';
import { refuseOldHash } from './old-chain.ts';

export interface Drift {
  /**
   * edited: a file differs from its hash, or from the file that this database has run.
   * behind: files that have not run here. ahead: migrations without a file.
   * changed: the schema differs from the one after the last migration.
   */
  readonly kind: 'edited' | 'behind' | 'ahead' | 'changed';
  /** Affected files; empty for `changed`. */
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
  refuseOldHash(migrations['000001.sql']);
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

/** undefined = the migration that adds schema_state has not run. */
async function stateOf(client: ClientBase): Promise<State | undefined> {
  const { rows } = await client.query(
    "select to_regprocedure('app_private.schema_state()') is not null as there",
  );
  if (!rows[0]?.there) return undefined;
  return (await client.query<State>('select * from app_private.schema_state()')).rows[0];
}

/** Work in progress (current.sql) is no change by hand. */
async function isChanged(client: ClientBase, state: State): Promise<boolean> {
  const last = Object.keys(state.migrations).sort().at(-1);
  if (state.in_progress || !last || state.migration !== state.migrations[last]) return false;
  return state.fingerprint !== (await fingerprintOf(client));
}

/**
 * Never compare fingerprints of two databases: PostgreSQL versions print the same definition differently.
 */
const fingerprintOf = async (client: ClientBase): Promise<string> =>
  createHash('sha256')
    .update(await dumpSchema(client))
    .digest('hex');

/** Stores the fingerprint of the schema after migrations ran. Needs the owner's connection. */
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

/** Short text for logs, probes and lists. */
export function describeDrift({ kind, files }: Drift): string {
  const list = files.length > 3 ? `${files.slice(0, 3).join(', ')} …` : files.join(', ');
  return kind === 'changed' ? 'schema changed by hand' : `schema ${kind}: ${list}`;
}
