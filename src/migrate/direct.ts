/**
 * The views of personal logins (schema `direct`) around a migration. Takes the owner's connection. Both
 * functions do nothing on a database that has no such views yet. .gmrc runs the same two files; this module
 * is for what graphile-migrate does not reach: a run that failed, a rehearsal, a database that is up to date.
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

/** Runs migrations and leaves personal logins with their views, also where a migration failed. */
export async function keepDirectViews<T>(ownerUrl: string, work: () => Promise<T>): Promise<T> {
  let result: T;
  try {
    result = await work();
  } catch (error) {
    // The migration's error is the one to report.
    await withClient(ownerUrl, refreshDirectViews).catch(() => {});
    throw error;
  }
  await withClient(ownerUrl, refreshDirectViews);
  return result;
}
