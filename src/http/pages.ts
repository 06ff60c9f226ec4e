/**
 * Takes GET requests for GraphiQL, lets through those that name this machine in their Host header. The page
 * holds demo tokens: a site whose name an attacker points at 127.0.0.1 (DNS rebinding) has the same origin
 * as the page and could read them. Must run before anything serves the page.
 */
import type { RequestHandler } from 'express';
import { sendError } from './answers.ts';

/** With any port, as a browser sends it. */
const LOOPBACK_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;

/** `anyHost`: the operator allowed development on a network (ALLOW_REMOTE_DEVELOPMENT). */
export function onlyLoopbackHost(anyHost: boolean): RequestHandler {
  return (request, response, next) => {
    const read = request.method === 'GET' || request.method === 'HEAD';
    if (!read || anyHost || LOOPBACK_HOST.test(request.headers.host ?? '')) return next();
    // RFC 9110, section 15.5.20: this server does not answer for that name.
    sendError(response, 421, 'BAD_USER_INPUT', 'Open this page as http://localhost.');
  };
}
