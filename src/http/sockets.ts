/**
 * The HTTP server below Express: how long and how large whatever arrives may be, and an orderly end.
 * Somebody who sends a byte a second, or nothing at all, must not keep a place that others need.
 */
import { createServer, type Server } from 'node:http';

const LIMITS = {
  /** From the first byte of a request to the last of its headers. */
  headersTimeout: 10_000,
  /** To the last byte of its body. */
  requestTimeout: 30_000,
  /** Between two requests. More than the 60 s of the usual proxies, which must be the ones to close. */
  keepAliveTimeout: 65_000,
  /** How often the first two are looked after. */
  connectionsCheckingInterval: 2_000,
  maxHeaderSize: 16_384,
} as const;

export type SocketLimits = { readonly [Name in keyof typeof LIMITS]?: number };

export function createBoundedServer(limits: SocketLimits = {}, maxConnections = 10_000): Server {
  const server = createServer({ ...LIMITS, ...limits });
  // One more is closed as soon as it is opened.
  server.maxConnections = maxConnections;
  return server;
}

/** Requests in flight may end; sockets without one are closed at once, all the others after the grace. */
export async function closeServer(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  // A connection that was kept alive for a next request is idle once this one is answered.
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const late = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(idle);
  clearTimeout(late);
}
