/** Whoever keeps a connection without using it loses it; raw sockets, since no client would do this. */
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { useTestDatabase } from '../support/database.ts';
import { UNLESS_BUSY } from '../support/retry.ts';
import { useTestServer } from '../support/server.ts';

const database = useTestDatabase();
const server = useTestServer(database, {
  socketLimits: {
    headersTimeout: 400,
    requestTimeout: 800,
    keepAliveTimeout: 300,
    connectionsCheckingInterval: 50,
  },
});

/** Sends `first`, then a byte of `drip` every 50 ms, until the server closes; what it answered, and when. */
function talk(first: string, drip = ''): Promise<{ answer: string; ms: number }> {
  const since = performance.now();
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () => socket.write(first));
  let answer = '';
  let sent = 0;
  const dripping = setInterval(() => {
    if (sent < drip.length) socket.write(drip[sent++] ?? '');
  }, 50);
  onTestFinished(() => {
    clearInterval(dripping);
    socket.destroy();
  });
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  socket.on('error', () => {});
  return new Promise((resolve) => {
    socket.on('close', () => resolve({ answer, ms: performance.now() - since }));
  });
}

test('headers that come a byte at a time are given up', UNLESS_BUSY, async () => {
  const { answer, ms } = await talk(
    'POST /graphql HTTP/1.1\r\nHost: x\r\n',
    'X-Slow: '.repeat(500),
  );
  expect(answer).toMatch(/^HTTP\/1.1 408 /);
  expect(ms).toBeLessThan(3000);
});

test('a body that comes a byte at a time is given up', UNLESS_BUSY, async () => {
  const authorization = `Authorization: Bearer ${await server.token(7)}`;
  const head = `POST /graphql HTTP/1.1\r\nHost: x\r\n${authorization}\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n{`;
  const { answer, ms } = await talk(head, ' '.repeat(500));
  expect(answer).toMatch(/^HTTP\/1.1 (408|400) /);
  expect(ms).toBeLessThan(3000);
});

test('a connection that nobody uses is closed', UNLESS_BUSY, async () => {
  const { answer, ms } = await talk('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(answer).toMatch(/^HTTP\/1.1 200 /);
  // Node adds a second of its own to keepAliveTimeout.
  expect(ms).toBeLessThan(3000);
});

test('headers beyond 16 KB are refused', UNLESS_BUSY, async () => {
  const { answer } = await talk(
    `GET /livez HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(17_000)}\r\n\r\n`,
  );
  expect(answer).toMatch(/^HTTP\/1.1 431 /);
});
