/**
 * A request's settings → the statement that goes before its own. Receives what session.ts made; hands on
 * one step. It must never run a request whose settings are not exactly the known ones.
 */
import { escapeLiteral } from 'pg';
import { REQUEST_SETTINGS, USER_ID_SETTING } from '../session.ts';
import type { BatchStatement } from './batch.ts';

/** As PostGraphile hands them over. */
export type PgSettings = Readonly<Record<string, string | undefined>> | null;

/** Every setting is local to the transaction: nothing of it is left for the connection's next request. */
const TEXT = `select ${REQUEST_SETTINGS.map(
  (name, i) => `set_config(${escapeLiteral(name)}, $${i + 1}, true)`,
).join(', ')}`;

/** Undefined where nobody is asking: the API being built, from the catalogue. */
export function preambleOf(settings: PgSettings): BatchStatement | undefined {
  if (settings === null || !(USER_ID_SETTING in settings)) return undefined;
  const values = REQUEST_SETTINGS.map((name) => settings[name]);
  const known = Object.keys(settings).length === REQUEST_SETTINGS.length;
  if (!known || values.some((value) => typeof value !== 'string' || value === '')) {
    throw new Error(`a request must have exactly the settings ${REQUEST_SETTINGS.join(', ')}`);
  }
  return { text: TEXT, values };
}
