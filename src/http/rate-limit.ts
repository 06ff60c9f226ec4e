/**
 * How much one person may ask for in a minute, counted in this process. Takes the number of points; returns
 * a handler for each request and a function for what a document costs. Counts people, not addresses, since
 * many people may share one address.
 */
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { type ClientRateLimitInfo, rateLimit as limiter, MemoryStore } from 'express-rate-limit';
import type { Refusal } from '../graphql/execution/execution.ts';
import { sendUnavailable } from './answers.ts';
import { identityOf } from './authenticate.ts';

const WINDOW_MS = 60_000;

/**
 * The package's store hands out the very object it goes on counting in, and the limiter looks at it a
 * moment later: of requests that come at once, each would be told the count of the last.
 */
export class CopyingStore extends MemoryStore {
  override increment(key: string): Promise<ClientRateLimitInfo> {
    const counted = super.increment(key);
    // Counted synchronously, so what the store knows now is this request's number.
    const { totalHits, resetTime } = this.current.get(key) ?? {
      totalHits: 1,
      resetTime: undefined,
    };
    return counted.then(() => ({ totalHits, resetTime }));
  }

  /** Counts more for a request that was counted once. Returns when the count ends, if it exceeds `max`. */
  add(key: string, points: number, max: number): Date | undefined {
    const client = this.current.get(key);
    if (!client) return undefined;
    client.totalHits += points;
    return client.totalHits > max ? client.resetTime : undefined;
  }
}

export interface RateLimit {
  /** Counts 1 for each request, or answers 429. Runs behind `authenticate`. */
  readonly count: RequestHandler;
  /**
   * Counts what a document costs beyond 1, once it has been read. Returns the refusal, if it is one.
   * https://www.rfc-editor.org/rfc/rfc6585#section-4
   */
  readonly charge: (request: IncomingMessage, points: number) => Refusal | undefined;
}

/** `perMinute`: points of one person on this process; 0 = no limit. */
export function rateLimit(perMinute: number): RateLimit {
  if (perMinute === 0) {
    return { count: (_request, _response, next) => next(), charge: () => undefined };
  }
  const store = new CopyingStore();
  const message = `More than ${perMinute} requests in a minute. Wait as long as Retry-After says.`;
  const keyOf = (request: IncomingMessage) => String(identityOf(request).userId);
  return {
    count: limiter({
      windowMs: WINDOW_MS,
      limit: perMinute,
      store,
      // RateLimit and RateLimit-Policy, so that a client can slow down before it is refused.
      standardHeaders: 'draft-8',
      legacyHeaders: false,
      identifier: 'requests',
      keyGenerator: keyOf,
      handler: (_request, response) =>
        sendUnavailable(response, 429, message, { reason: 'RATE_LIMITED' }),
    }),
    charge: (request, points) => {
      const resetTime = points > 0 && store.add(keyOf(request), points, perMinute);
      if (!resetTime) return undefined;
      const retryAfterSeconds = Math.max(1, Math.ceil((resetTime.getTime() - Date.now()) / 1000));
      return { message, retryAfterSeconds };
    },
  };
}
