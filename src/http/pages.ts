/**
 * Takes GET requests for GraphiQL, answers 421 unless the Host header is a loopback name. The page contains
 * demo tokens. An attacker can point a host name at 127.0.0.1 (DNS rebinding): a page loaded from that name
 * then has the same origin as GraphiQL and could read the tokens. Must run before anything serves the page.
 */
import type { RequestHandler } from 'express';
import { sendError } from './answers.ts';

/** With or without a port. */
const LOOPBACK_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;

/** `host`: a Host header. */
export const isLoopbackHost = (host = ''): boolean => LOOPBACK_HOST.test(host);

/** `anyHost`: the operator allowed development on a network (ALLOW_REMOTE_DEVELOPMENT). */
export function onlyLoopbackHost(anyHost: boolean): RequestHandler {
  return (request, response, next) => {
    const read = request.method === 'GET' || request.method === 'HEAD';
    if (!read || anyHost || isLoopbackHost(request.headers.host)) return next();
    // 421 Misdirected Request: RFC 9110, section 15.5.20.
    sendError(response, 421, 'BAD_USER_INPUT', 'Open this page as http://localhost.');
  };
}
