/**
 * grafserv in its Express form, and what is ours of the answers it gives. Receives requests that have passed
 * authentication; hands on their status and type.
 *
 * This could be a middleware of grafserv's. But to call one it says `next.callback = (callback) => …`, and V8
 * puts a function that is written where a property is assigned among its old objects. There it keeps all
 * it can see, which is the whole request, until the next full collection (docs/performance.md, "Garbage").
 */
import type { IncomingMessage } from 'node:http';
import type { RequestDigest, Result } from 'postgraphile/grafserv';
import { ExpressGrafserv } from 'postgraphile/grafserv/express/v4';
import { RETRY_AFTER } from '../client-error.ts';

interface Unserved {
  readonly status: 429 | 503 | 504;
  /** Seconds; undefined = no Retry-After header. */
  readonly retryAfter: number | undefined;
}

/** Requests whose answer holds no data, until that answer is sent. */
const unserved = new WeakMap<IncomingMessage, Unserved>();

/** Gives an answer without data a status that says so, for clients and proxies that read no body. */
export function noteUnserved(
  request: IncomingMessage,
  status: Unserved['status'],
  retryAfter = status === 503 ? Number(RETRY_AFTER) : undefined,
): void {
  unserved.set(request, { status, retryAfter });
}

const GRAPHQL = 'application/graphql-response+json';

export class Grafserv extends ExpressGrafserv {
  protected override async processRequest(digest: RequestDigest): Promise<Result | null> {
    const result = await super.processRequest(digest);
    if (!result || !('statusCode' in result)) return result;
    // For whoever takes anything it is plain JSON, which every tool knows.
    if (
      result.headers['content-type']?.startsWith(GRAPHQL) &&
      !digest.headers.accept?.includes(GRAPHQL)
    ) {
      result.headers['content-type'] = 'application/json; charset=utf-8';
    }
    const request = digest.requestContext.expressv4?.req;
    const found = request && unserved.get(request);
    if (!found) return result;
    result.statusCode = found.status;
    if (found.retryAfter !== undefined) result.headers['retry-after'] = String(found.retryAfter);
    return result;
  }
}
