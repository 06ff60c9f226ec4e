/**
 * The HTTP server below Express: limits on the time and size of a request, and an orderly stop. Takes limits,
 * returns a server. A client that sends a byte per second, or nothing, must never keep a connection that
 * other clients need.
 */
import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';

const LIMITS = {
  /** Milliseconds for all headers of a request. */
  headersTimeout: 10_000,
  /** Milliseconds for a whole request. */
  requestTimeout: 30_000,
  /** Milliseconds between two requests: more than the 60 s of common proxies, so that the proxy closes first. */
  keepAliveTimeout: 65_000,
  /** Milliseconds between two checks of headersTimeout and requestTimeout. */
  connectionsCheckingInterval: 2_000,
  maxHeaderSize: 16_384,
} as const;

export type SocketLimits = { readonly [Name in keyof typeof LIMITS]?: number };

export function createBoundedServer(limits: SocketLimits = {}, maxConnections = 10_000): Server {
  const server = createServer({ ...LIMITS, ...limits });
  // Node closes further connections as soon as they are opened.
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

/** Sockets without a first request. closeIdleConnections() does not close them. */
const silentSockets = new WeakMap<Server, ReadonlySet<Socket>>();

/**
 * Lets requests in flight end, for at most `graceMs` milliseconds. Sockets without a request are closed at
 * once.
 */
export async function closeServer(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const socket of silentSockets.get(server) ?? []) {
    // A request whose first bytes have arrived may still be answered.
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
