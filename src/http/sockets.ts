/**
 * The HTTP server below Express: limits on the time and size of a request, answers to what is no HTTP, and an
 * orderly stop. Takes limits, returns a server. A client that sends a byte per second, or nothing, must never
 * keep a connection that other clients need.
 */
import { createServer, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { ErrorCode } from '../graphql/client-error.ts';

const LIMITS = {
  /** Milliseconds for all headers of a request. */
  headersTimeout: 10_000,
  /** Milliseconds for a whole request. */
  requestTimeout: 30_000,
  /** Milliseconds between two requests: KEEP_ALIVE_MS. */
  keepAliveTimeout: 65_000,
  /** Milliseconds between two checks of headersTimeout and requestTimeout. */
  connectionsCheckingInterval: 2_000,
  maxHeaderSize: 16_384,
} as const;

export type SocketLimits = { readonly [Name in keyof typeof LIMITS]?: number };

export function createBoundedServer(limits: SocketLimits = {}, maxConnections = 10_000): Server {
  const server = createServer({
    ...LIMITS,
    ...limits,
    // Otherwise a request for another protocol (h2c, WebSocket) leaves HTTP, and nothing answers or ends it.
    shouldUpgradeCallback: () => false,
    // src/http/app.ts answers a request without Host, with a code.
    requireHostHeader: false,
  });
  // Node closes further connections as soon as they are opened.
  server.maxConnections = maxConnections;
  const silent = new Set<Socket>();
  silentSockets.set(server, silent);
  server.on('connection', (socket) => {
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  server.on('request', (request, response) => {
    silent.delete(request.socket);
    answers.set(request.socket, response);
  });
  // RFC 9110, section 10.1.1: an unknown expectation may be ignored.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const [status, code, message] = REFUSALS[error.code ?? ''] ?? NOT_HTTP;
    const { headersSent = false, writableFinished = true } = answers.get(socket) ?? {};
    // Never inside another answer.
    if (socket.writable && (!headersSent || writableFinished)) {
      socket.write(refusal(status, code, message));
    }
    socket.destroy(error);
  });
  return server;
}

/** Sockets without a first request. closeIdleConnections() does not close them. */
const silentSockets = new WeakMap<Server, ReadonlySet<Socket>>();

/** The last answer on each socket. */
const answers = new WeakMap<Socket, ServerResponse>();

type Refusal = readonly [status: number, code: ErrorCode, message: string];

/** What Node's parser refuses before Express sees a request, with Node's own status codes. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: [
    431,
    'TOO_COMPLEX',
    `The URL and the headers have at most ${LIMITS.maxHeaderSize} bytes.`,
  ],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'TOO_COMPLEX', 'The chunk extensions are too long.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'TIMEOUT', 'The request did not arrive in time.'],
};

const NOT_HTTP: Refusal = [400, 'BAD_USER_INPUT', 'The request is not valid HTTP.'];

function refusal(status: number, code: ErrorCode, message: string): string {
  const body = JSON.stringify({ errors: [{ message, extensions: { code } }] });
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}

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
