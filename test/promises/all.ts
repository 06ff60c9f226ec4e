/** Every promise of docs/security.md, in the order of its tables. */
import { IDENTITIES } from './identity.ts';
import { LOGINS } from './logins.ts';
import { OVER_HTTP } from './over-http.ts';
import type { Promised } from './promise.ts';
import { UPKEEP } from './upkeep.ts';
import { WHOSE_ROWS } from './whose-rows.ts';

export const PROMISES: readonly Promised[] = [
  ...WHOSE_ROWS,
  ...IDENTITIES,
  ...LOGINS,
  ...UPKEEP,
  ...OVER_HTTP,
];
