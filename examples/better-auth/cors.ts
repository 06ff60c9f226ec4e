/**
 * CORS for pages of another origin than the sign-in server. Takes the server's handler and the rule for
 * origins, returns a handler that lets pages of trusted origins send their cookies and read the answers.
 * Must never name an origin that is not trusted: these answers depend on cookies.
 */
import type { RequestListener } from 'node:http';

export function withCors(
  handler: RequestListener,
  isTrusted: (origin: string) => boolean,
): RequestListener {
  return (request, response) => {
    const { origin } = request.headers;
    const trusted = origin !== undefined && isTrusted(origin);
    if (trusted) {
      response.setHeader('access-control-allow-origin', origin);
      response.setHeader('access-control-allow-credentials', 'true');
    }
    response.setHeader('vary', 'origin');
    if (request.method !== 'OPTIONS') return handler(request, response);
    if (trusted) {
      response.setHeader('access-control-allow-methods', 'GET, POST');
      const asked = request.headers['access-control-request-headers'];
      if (asked) response.setHeader('access-control-allow-headers', asked);
      response.setHeader('access-control-max-age', '600');
    }
    response.writeHead(trusted ? 204 : 403).end();
  };
}
