/**
 * The rate limit: points of one person per minute, counted in this process. Takes authenticated requests; a
 * request beyond the limit gets 429. It counts people, not IP addresses, because many people may share one
 * address. Must run before any query of the request.
 */
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { type ClientRateLimitInfo, MemoryStore, rateLimit } from 'express-rate-limit';
import { TOO_OFTEN } from '../graphql/client-error.ts';
import { sendUnavailable } from './answers.ts';
import { identityOf } from './authenticate.ts';

/**
 * MemoryStore returns the object that it keeps counting in, and the limiter reads that object a moment later:
 * simultaneous requests would all see the count of the last one. This store returns a copy.
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
   * Adds points to a request that was counted just now. Beyond the limit it adds nothing and returns the
   * seconds until the person's minute is over, otherwise undefined.
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
  // Bounded by the people who asked in the last two minutes: the store forgets the others.
  const store = new CopyingStore();
  const keyOf = (request: IncomingMessage): string => String(identityOf(request).userId);
  return {
    handler: rateLimit({
      windowMs: 60_000,
      limit: perMinute,
      store,
      // The headers RateLimit and RateLimit-Policy: a client can slow down before it is refused.
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
