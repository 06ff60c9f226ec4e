/**
 * Security headers of every answer: a browser must never guess its type, frame it or run scripts from it.
 * Takes whether GraphiQL is served, which may run its own scripts and talk to this server only.
 */
import type { RequestHandler } from 'express';

const HEADERS = new Map(
  Object.entries({
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    // Has an effect over https only: the browser then never uses http for this host again.
    'Strict-Transport-Security': 'max-age=31536000',
    // Answers differ from person to person, and readiness changes at any time.
    'Cache-Control': 'no-store',
  }),
);

const GRAPHIQL = [
  "default-src 'self'",
  // The page has its settings in an inline script, and the editor compiles at run time.
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
