/**
 * CORS (https://fetch.spec.whatwg.org/#http-cors-protocol). Takes the allowed origins (src/config/origins.ts);
 * returns a handler. A preflight gets the method and the headers that it asks for: there are no cookies, so a
 * page of an allowed origin still needs a token. Must never let another origin read a page that
 * contains demo tokens: GraphiQL and REST's page.
 */
import type { Request, RequestHandler } from 'express';

/** In development a front end runs on another port of the same machine. */
const LOOPBACK = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

const EXPOSED = [
  'Retry-After',
  'WWW-Authenticate',
  'X-Request-Id',
  'RateLimit',
  'RateLimit-Policy',
  // Of REST.
  'Allow',
  'ETag',
  'Link',
  'Location',
  'X-Total-Count',
].join(', ');

/** A label of a host name, as browsers serialize it. */
const LABEL = /^[a-z0-9_-]+$/;

/** RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

export interface CorsOptions {
  readonly origins: readonly string[];
  /** Whether pages of loopback origins are allowed as well. */
  readonly loopback: boolean;
}

export function cors({ origins, loopback }: CorsOptions): RequestHandler {
  const allowed = originMatcher(origins, loopback);
  return (request, response, next) => {
    response.setHeader('Vary', 'Origin');
    const origin = request.get('origin');
    if (origin === undefined || isPage(request) || !allowed(origin)) return next();
    response.set('Access-Control-Allow-Origin', origin);
    response.set('Access-Control-Expose-Headers', EXPOSED);
    const method = request.get('access-control-request-method');
    if (request.method !== 'OPTIONS' || method === undefined) return next();
    response.set('Vary', 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers');
    response.set('Access-Control-Max-Age', '7200');
    if (TOKEN.test(method)) response.set('Access-Control-Allow-Methods', method);
    const headers = tokensOf(request.get('access-control-request-headers') ?? '');
    if (headers.length > 0) response.set('Access-Control-Allow-Headers', headers.join(', '));
    response.status(204).end();
  };
}

/** The `*` of `https://*.preview.example.com` stands for exactly one label. */
function originMatcher(origins: readonly string[], loopback: boolean): (origin: string) => boolean {
  if (origins.includes('*')) return () => true;
  const known = new Set(origins);
  const patterns = origins.filter((origin) => origin.includes('*')).map((text) => text.split('*'));
  return (origin) =>
    known.has(origin) ||
    (loopback && LOOPBACK.test(origin)) ||
    patterns.some(
      ([before = '', after = '']) =>
        origin.startsWith(before) &&
        origin.endsWith(after) &&
        LABEL.test(origin.slice(before.length, -after.length)),
    );
}

const tokensOf = (list: string): string[] =>
  list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => TOKEN.test(name));

/** REST's page in development. Express matches paths in any case. */
const DOCS = /^\/api\/docs/i;

/** A page that a browser opens. Other origins may read answers of the API only. */
const isPage = ({ method, path }: Request): boolean =>
  (method === 'GET' || method === 'HEAD') && (!path.startsWith('/api/') || DOCS.test(path));
