/**
 * What a browser must not do with our answers: guess their type, frame them, run anything from them.
 * GraphiQL, where it is served, may run its own scripts and talk to this server only.
 */
import type { RequestHandler } from 'express';

const HEADERS = new Map(
  Object.entries({
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    // Means something over https only, where it keeps a browser from ever using http again.
    'Strict-Transport-Security': 'max-age=31536000',
    // Answers differ from person to person, and readiness from one moment to the next.
    'Cache-Control': 'no-store',
  }),
);

const GRAPHIQL = [
  "default-src 'self'",
  // The page has its settings in a script of its own, and the editor compiles at run time.
  "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "worker-src 'self' blob:",
  "frame-ancestors 'none'",
].join('; ');

/** `graphiql`: whether it is served. */
export function securityHeaders(graphiql: boolean): RequestHandler {
  return (request, response, next) => {
    response.setHeaders(HEADERS);
    if (graphiql && request.method === 'GET') {
      response.setHeader('Content-Security-Policy', GRAPHIQL);
      // Its files are large and do not change while the server runs.
      if (request.path.startsWith('/ruru-static/')) response.removeHeader('Cache-Control');
    }
    next();
  };
}
