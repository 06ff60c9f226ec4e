/**
 * Warns in development when a save of current.sql has broken the API of the last commit, or has removed objects by
 * cascade. Takes the owner's database, returns what to call after each save. Must never fail a save: `commit`
 * refuses the same.
 */
import { withClient } from '../database/connect.ts';
import { apiChanges, describeLosses, promisedApi } from './breaking.ts';
import { objectsOf, takenAlong } from './cascade.ts';
import { readCurrent } from './current.ts';

/** `api`: the schema after the save, as SDL; undefined = not known. */
export type LossWatch = (api: string | undefined) => Promise<void>;

export async function openLossWatch(
  ownerUrl: string,
  say: (line: string) => void,
): Promise<LossWatch> {
  let before = await withClient(ownerUrl, objectsOf);
  let said = '';
  return async (api) => {
    const after = await withClient(ownerUrl, objectsOf);
    const cascade = takenAlong(before, after, readCurrent());
    before = after;
    const promised = promisedApi();
    const changes =
      promised && api !== undefined ? apiChanges(promised, api) : { breaking: [], dangerous: [] };
    const losses = describeLosses(changes, cascade);
    // Every save runs the whole file: what was said once is known.
    if (losses && losses !== said)
      say(`${losses}\nnpm run db -- commit will ask for --breaking if this is meant.\n`);
    said = losses;
  };
}
