/**
 * The cursor of changes: a person, a sequence of versions, and a version in it. Takes a place, returns text that
 * clients keep and send back, and the reverse. Must never accept the cursor of another person.
 */
import { SafeError } from 'postgraphile/grafast';

export interface Place {
  /** Null until the person has a first change. */
  readonly epoch: string | null;
  /** A bigint as PostgreSQL writes it. */
  readonly version: string;
}

const FORM = /^(\d{1,10})\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})?\/(\d{1,18})$/;

export const encodePlace = (person: string, { epoch, version }: Place): string =>
  Buffer.from(`${person}/${epoch ?? ''}/${version}`).toString('base64url');

/**
 * Null for the beginning: no cursor, or the cursor of a person who had no change yet. Throws BAD_USER_INPUT for text
 * that is no cursor of this person.
 */
export function decodePlace(person: string, cursor: string | null | undefined): Place | null {
  if (cursor == null) return null;
  const [, owner, epoch, version = ''] =
    FORM.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? [];
  if (owner !== person) throw new SafeError(NOT_YOURS, { code: 'BAD_USER_INPUT', field: 'since' });
  return epoch === undefined ? null : { epoch, version };
}

const NOT_YOURS = 'since is not a cursor of your changes.';

/** The version of a cursor that encodePlace has made. */
export const versionOfCursor = (cursor: string): string =>
  Buffer.from(cursor, 'base64url').toString('latin1').split('/')[2] ?? '0';

/** A cursor of a sequence that does not exist: its answer is the present cursor. */
export const unknownPlace = (person: string): string =>
  encodePlace(person, { epoch: '00000000-0000-0000-0000-000000000000', version: '0' });
