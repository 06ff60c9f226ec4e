/**
 * What the generated API looks like: it trims and sharpens names, and knows no table but "user". It
 * decides nothing about whose rows are seen.
 */
import type {} from 'graphile-build-pg';
import type { GraphileConfig } from 'graphile-config';
import type {} from 'postgraphile';
import { OWNER_COLUMN } from './columns.ts';

/** The account is reached as `me`; there is no list of people to look through. */
const ACCOUNT_TABLE = 'user';

/** Amber calls a column `id` rowId, to leave `id` to global object identifiers. There are none here. */
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

/** Leaves out what a client should not touch. Rights decide what is possible, this what is offered. */
export const LeanSurfacePlugin: GraphileConfig.Plugin = {
  name: 'LeanSurfacePlugin',
  version: '1.0.0',
  schema: {
    entityBehavior: {
      pgCodecAttribute: {
        override: {
          provides: ['rowguard'],
          callback: (behavior, [, attributeName]) =>
            attributeName === OWNER_COLUMN
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
      // One way to one row: its primary key. The account's own is `me`.
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
