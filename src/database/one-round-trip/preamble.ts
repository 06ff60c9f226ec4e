/**
 * Turns the settings of a request (session.ts) into the statement that runs before the request's own. It must
 * never accept settings that are not exactly the known ones: it throws then.
 */
import { escapeLiteral } from 'pg';
import { REQUEST_SETTINGS, USER_ID_SETTING } from '../session.ts';
import type { BatchStatement } from './batch.ts';

/** The settings as PostGraphile passes them. */
export type PgSettings = Readonly<Record<string, string | undefined>> | null;

/** `true`: the settings are local to the transaction, so the connection's next request does not see them. */
const TEXT = `select ${REQUEST_SETTINGS.map(
  (name, i) => `set_config(${escapeLiteral(name)}, $${i + 1}, true)`,
).join(', ')}`;

/** Undefined without a person: PostGraphile reads the catalogue to build the API. */
export function preambleOf(settings: PgSettings): BatchStatement | undefined {
  if (settings === null || !(USER_ID_SETTING in settings)) return undefined;
  const values = REQUEST_SETTINGS.map((name) => settings[name]);
  const known = Object.keys(settings).length === REQUEST_SETTINGS.length;
  if (!known || values.some((value) => typeof value !== 'string' || value === '')) {
    throw new Error(`a request must have exactly the settings ${REQUEST_SETTINGS.join(', ')}`);
  }
  return { text: TEXT, values };
}
