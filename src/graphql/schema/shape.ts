/**
 * Names and fields of the generated API: plain `id`, and no fields that no client needs. Names no table
 * except "user". Decides nothing about access: policies and grants do.
 */
import type {} from 'graphile-build-pg';
import type { GraphileConfig } from 'graphile-config';
import type {} from 'postgraphile';
import { isOwnerColumn } from './columns.ts';

/** The account is `me`; there is no list of accounts. */
const ACCOUNT_TABLE = 'user';

/** The Amber preset renames `id` to `rowId` because of global object identifiers, which are off here. */
export const PlainIdsPlugin: GraphileConfig.Plugin = {
  name: 'PlainIdsPlugin',
  version: '1.0.0',
  after: ['PgAttributesPlugin'],
  inflection: {
    replace: {
      _attributeName: (previous, _options, details) =>
        previous?.({ ...details, skipRowId: true }) ?? details.attributeName,
    },
  },
};

/** Hides fields that clients do not need. Grants decide what is allowed. */
export const LeanSurfacePlugin: GraphileConfig.Plugin = {
  name: 'LeanSurfacePlugin',
  version: '1.0.0',
  schema: {
    entityBehavior: {
      pgCodecAttribute: {
        override: {
          provides: ['rowguard'],
          callback: (behavior, [codec, attributeName]) =>
            isOwnerColumn(codec, attributeName)
              ? [behavior, '-attribute:select', '-attribute:filterBy', '-attribute:orderBy']
              : behavior,
        },
      },
      pgResource: {
        override: {
          provides: ['rowguard'],
          callback: (behavior, resource) =>
            resource.name === ACCOUNT_TABLE && !resource.parameters
              ? [behavior, '-query:resource:connection', '-query:resource:list']
              : behavior,
        },
      },
      // Rows are found by primary key only; the account is `me`.
      pgResourceUnique: {
        override: {
          provides: ['rowguard'],
          callback: (behavior, [resource, unique]) =>
            unique.isPrimary && resource.name !== ACCOUNT_TABLE
              ? behavior
              : [
                  behavior,
                  '-query:resource:single',
                  '-constraint:resource:update',
                  '-constraint:resource:delete',
                ],
        },
      },
    },
  },
};
