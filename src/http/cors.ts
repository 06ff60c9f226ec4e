/**
 * CORS: which pages of other origins may read our answers. Takes exact origins, or "*" for any; returns a
 * handler. There are no cookies, so such a page still needs a token. Must never let another origin read
 * GraphiQL, which holds demo tokens.
 */
import type { Request, RequestHandler } from 'express';

/** In development a front end runs on another port of the same machine. */
const LOOPBACK = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

const EXPOSED = 'Retry-After, WWW-Authenticate, X-Request-Id, RateLimit, RateLimit-Policy' as const;

export interface CorsOptions {
  readonly origins: readonly string[];
  /** Also allows pages of this machine. */
  readonly loopback: boolean;
}

export function cors({ origins, loopback }: CorsOptions): RequestHandler {
  const allowed = (origin: string): boolean =>
    origins.includes('*') || origins.includes(origin) || (loopback && LOOPBACK.test(origin));
  return (request, response, next) => {
    response.setHeader('Vary', 'Origin');
    const origin = request.get('origin');
    if (origin === undefined || isPage(request) || !allowed(origin)) return next();
    response.set('Access-Control-Allow-Origin', origin);
    response.set('Access-Control-Expose-Headers', EXPOSED);
    const preflight = request.method === 'OPTIONS' && request.get('access-control-request-method');
    if (!preflight) return next();
    response.set({
      'Access-Control-Allow-Methods': 'POST',
      'Access-Control-Allow-Headers': 'authorization, content-type, x-request-id',
      'Access-Control-Max-Age': '7200',
    });
    response.status(204).end();
  };
}

/** What a browser opens. Only answers of the API are for pages of other origins. */
const isPage = ({ method, path }: Request): boolean =>
  (method === 'GET' || method === 'HEAD') && !path.startsWith('/api/');
