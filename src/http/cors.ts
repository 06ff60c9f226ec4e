/**
 * CORS (https://fetch.spec.whatwg.org/#http-cors-protocol). Takes the allowed origins, or "*" for any;
 * returns a handler. There are no cookies, so a page of an allowed origin still needs a token. Must never let
 * another origin read GraphiQL, which contains demo tokens.
 */
import type { Request, RequestHandler } from 'express';

/** In development a front end runs on another port of the same machine. */
const LOOPBACK = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

const EXPOSED = 'Retry-After, WWW-Authenticate, X-Request-Id, RateLimit, RateLimit-Policy' as const;

export interface CorsOptions {
  readonly origins: readonly string[];
  /** Whether pages of loopback origins are allowed as well. */
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

/** A page that a browser opens. Other origins may read answers of the API only. */
const isPage = ({ method, path }: Request): boolean =>
  (method === 'GET' || method === 'HEAD') && !path.startsWith('/api/');
