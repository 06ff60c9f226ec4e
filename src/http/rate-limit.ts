/**
 * How often one person may ask, counted in this process and per minute. Runs behind the authentication:
 * it counts people, not addresses, since many people may share one.
 */
import type { RequestHandler } from 'express';
import { type ClientRateLimitInfo, MemoryStore, rateLimit } from 'express-rate-limit';
import { sendUnavailable } from './answers.ts';
import { identityOf } from './authenticate.ts';

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
}

export function limitRate(perMinute: number): RequestHandler {
  if (perMinute === 0) return (_request, _response, next) => next();
  return rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    store: new CopyingStore(),
    // RateLimit and RateLimit-Policy, so that a client can slow down before it is refused.
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    identifier: 'requests',
    keyGenerator: (request) => String(identityOf(request).userId),
    // The only code that means "not now"; the query itself was not too complex.
    handler: (_request, response) =>
      sendUnavailable(
        response,
        429,
        `More than ${perMinute} requests in a minute. Wait as long as Retry-After says.`,
      ),
  });
}
