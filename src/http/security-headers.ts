/**
 * Security headers of every answer. Takes whether GraphiQL is served, returns a handler. A browser must never
 * guess the type of an answer, frame it or run scripts from it. GraphiQL's page may run its own scripts and
 * connect to this server only.
 */
import type { RequestHandler } from 'express';

const HEADERS = new Map(
  Object.entries({
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    // Browsers honour it over https only, and then use https alone for this host.
    'Strict-Transport-Security': 'max-age=31536000',
    // Answers belong to one person, and readiness changes at any time.
    'Cache-Control': 'no-store',
  }),
);

const GRAPHIQL = [
  "default-src 'self'",
  // The page has its settings in an inline script, and the editor compiles code at run time.
  "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "worker-src 'self' blob:",
  "frame-ancestors 'none'",
].join('; ');

export function securityHeaders(graphiql: boolean): RequestHandler {
  return (request, response, next) => {
    response.setHeaders(HEADERS);
    if (graphiql && request.method === 'GET') {
      response.setHeader('Content-Security-Policy', GRAPHIQL);
      // GraphiQL's files are large and do not change while the server runs.
      if (request.path.startsWith('/ruru-static/')) response.removeHeader('Cache-Control');
    }
    next();
  };
}
