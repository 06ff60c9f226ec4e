/**
 * Limits how often one person may ask, per minute and in this process. Takes requests that passed
 * authentication; a request beyond the limit gets 429. It counts people, not addresses: many people may
 * share one address. Must run before anything asks the database.
 */
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { type ClientRateLimitInfo, MemoryStore, rateLimit } from 'express-rate-limit';
import { TOO_OFTEN } from '../graphql/client-error.ts';
import { sendUnavailable } from './answers.ts';
import { identityOf } from './authenticate.ts';

/**
 * The store of the package returns the object that it goes on counting in, and the limiter reads the object
 * a moment later: requests that come at once would all see the count of the last one.
 */
export class CopyingStore extends MemoryStore {
  override increment(key: string): Promise<ClientRateLimitInfo> {
    const counted = super.increment(key);
    // The package counts synchronously, so the store now holds the number of this request.
    const { totalHits, resetTime } = this.current.get(key) ?? {
      totalHits: 1,
      resetTime: undefined,
    };
    return counted.then(() => ({ totalHits, resetTime }));
  }

  /**
   * Counts more points for a person whose request was counted just now, unless they exceed the limit.
   * Returns undefined, or the seconds until the person's minute is over.
   */
  charge(key: string, points: number, limit: number): number | undefined {
    const client = this.current.get(key);
    if (!client) return undefined;
    if (client.totalHits + points > limit) {
      return Math.max(1, Math.ceil((client.resetTime.getTime() - Date.now()) / 1000));
    }
    client.totalHits += points;
    return undefined;
  }
}

export interface RateLimit {
  /** Counts one point for each request. */
  readonly handler: RequestHandler;
  /** Counts the points of a request beyond its first. Returns undefined, or the seconds to wait. */
  charge(request: IncomingMessage, points: number): number | undefined;
}

/** `perMinute`: points of one person; 0 = no limit. */
export function openRateLimit(perMinute: number): RateLimit {
  if (perMinute === 0) {
    return { handler: (_request, _response, next) => next(), charge: () => undefined };
  }
  const store = new CopyingStore();
  const keyOf = (request: IncomingMessage): string => String(identityOf(request).userId);
  return {
    handler: rateLimit({
      windowMs: 60_000,
      limit: perMinute,
      store,
      // RateLimit and RateLimit-Policy, so that a client can slow down before it is refused.
      standardHeaders: 'draft-8',
      legacyHeaders: false,
      identifier: 'requests',
      keyGenerator: keyOf,
      handler: (_request, response) =>
        sendUnavailable(response, 429, TOO_OFTEN, { reason: 'RATE_LIMITED' }),
    }),
    charge: (request, points) => store.charge(keyOf(request), points, perMinute),
  };
}
