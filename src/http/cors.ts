/**
 * Which pages of other origins may read our answers. There are no cookies: what such a page lacks is the
 * token, not the permission to ask. Receives exact origins; "*" is any.
 */
import type { RequestHandler } from 'express';

/** A front-end in development has a port of its own on the same machine. */
const LOOPBACK = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

const EXPOSED = 'Retry-After, WWW-Authenticate, X-Request-Id, RateLimit, RateLimit-Policy' as const;

export interface CorsOptions {
  readonly origins: readonly string[];
  /** Pages of this machine as well. */
  readonly loopback: boolean;
}

export function cors({ origins, loopback }: CorsOptions): RequestHandler {
  const allowed = (origin: string): boolean =>
    origins.includes('*') || origins.includes(origin) || (loopback && LOOPBACK.test(origin));
  return (request, response, next) => {
    response.setHeader('Vary', 'Origin');
    const origin = request.get('origin');
    if (origin === undefined || !allowed(origin)) return next();
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
