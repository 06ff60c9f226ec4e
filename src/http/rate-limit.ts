/**
 * The rate limit: points of one person per minute, counted in this process. Takes authenticated requests; a
 * request beyond the limit gets 429. It counts people, not IP addresses, because many people may share one
 * address. Must run before any query of the request.
 */
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { type ClientRateLimitInfo, MemoryStore, rateLimit } from 'express-rate-limit';
import { TOO_OFTEN } from '../graphql/client-error.ts';
import { pointsOfAnswer } from '../graphql/execution/points.ts';
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

  /** Adds points for what has been done already, also beyond the limit: the person's next request is refused. */
  owe(key: string, points: number): void {
    const client = this.current.get(key);
    if (client) client.totalHits += points;
  }
}

export interface RateLimit {
  /** Counts one point for each request. */
  readonly handler: RequestHandler;
  /**
   * Counts the points of a request beyond its first. Returns undefined, or the seconds to wait. With 0 points it
   * still refuses a person whose answers have used up the minute while the request waited.
   */
  charge(request: IncomingMessage, points: number): number | undefined;
  /**
   * Counts the bytes of an answer, as far as they are more points than the request has cost so far. Called with
   * the bytes from the database, then with the bytes of the JSON: the larger number counts.
   */
  answered(request: IncomingMessage, bytes: number): void;
}

/** `perMinute`: points of one person; 0 = no limit. */
export function openRateLimit(perMinute: number): RateLimit {
  if (perMinute === 0) {
    return {
      handler: (_request, _response, next) => next(),
      charge: () => undefined,
      answered: () => {},
    };
  }
  // Bounded by the people who asked in the last two minutes: the store forgets the others.
  const store = new CopyingStore();
  /** Points of a request beyond its first. */
  const charged = new WeakMap<IncomingMessage, number>();
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
    charge(request, points) {
      if (points > 0) charged.set(request, points);
      return store.charge(keyOf(request), points, perMinute);
    },
    answered(request, bytes) {
      const points = pointsOfAnswer(bytes) - 1;
      if (points <= 0) return;
      const before = charged.get(request) ?? 0;
      if (points <= before) return;
      charged.set(request, points);
      store.owe(keyOf(request), points - before);
    },
  };
}
