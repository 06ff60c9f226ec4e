/**
 * The views of personal logins (schema `direct`) around a migration. Takes the owner's connection or URL. The functions
 * do nothing on a database that has no such views yet. .gmrc runs the same two files for graphile-migrate's own
 * commands. Rowguard's commands call these functions instead: once, and also after a run that failed.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClientBase } from 'pg';
import { withClient } from '../database/connect.ts';
import { ROOT } from './root.ts';

const file = (name: string): string => readFileSync(join(ROOT, 'migrations', name), 'utf8');

/** Migrations can change and drop columns afterwards. */
export async function dropDirectViews(owner: ClientBase): Promise<void> {
  await owner.query(file('drop-direct.sql'));
}

/** Makes the views and every personal login's rights what the tables and todo_user's rights say. */
export async function refreshDirectViews(owner: ClientBase): Promise<void> {
  await owner.query(file('refresh-direct.sql'));
}

/** After a migration that failed. Its error is the one to report, so this one is dropped. */
export async function restoreDirectViews(ownerUrl: string): Promise<void> {
  await withClient(ownerUrl, refreshDirectViews).catch(() => {});
}
