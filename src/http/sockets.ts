/**
 * The HTTP server below Express: limits on the time and size of a request, and an orderly stop. A client
 * that sends a byte a second, or nothing at all, must never keep a connection that others need.
 */
import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';

const LIMITS = {
  /** From the first byte of a request to the last of its headers. */
  headersTimeout: 10_000,
  /** To the last byte of its body. */
  requestTimeout: 30_000,
  /** Between two requests. More than the 60 s of common proxies, so that the proxy closes first. */
  keepAliveTimeout: 65_000,
  /** How often the first two are checked. */
  connectionsCheckingInterval: 2_000,
  maxHeaderSize: 16_384,
} as const;

export type SocketLimits = { readonly [Name in keyof typeof LIMITS]?: number };

export function createBoundedServer(limits: SocketLimits = {}, maxConnections = 10_000): Server {
  const server = createServer({ ...LIMITS, ...limits });
  // The next connection is closed as soon as it is opened.
  server.maxConnections = maxConnections;
  const silent = new Set<Socket>();
  silentSockets.set(server, silent);
  server.on('connection', (socket) => {
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  server.on('request', ({ socket }) => silent.delete(socket));
  server.on('upgrade', ({ socket }) => silent.delete(socket));
  return server;
}

/** Sockets whose first request has not come: closeIdleConnections() does not count them as idle. */
const silentSockets = new WeakMap<Server, ReadonlySet<Socket>>();

/**
 * Lets requests in flight end. Sockets without a request are closed at once, all others after `graceMs`.
 */
export async function closeServer(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const socket of silentSockets.get(server) ?? []) {
    // A request that has begun to arrive may still be answered.
    if (socket.bytesRead === 0) socket.destroy();
  }
  server.closeIdleConnections();
  // A kept-alive connection becomes idle when its request has been answered.
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const late = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(idle);
  clearTimeout(late);
}
