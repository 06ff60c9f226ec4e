/**
 * Stands between the server and PostgreSQL and misbehaves when told to: takes nothing, answers nothing,
 * hangs up. Otherwise it hands everything on.
 */
import { createServer, connect as dial, type Socket } from 'node:net';
import { afterAll, beforeAll } from 'vitest';

/**
 * - pass: hands everything on
 * - refuse: closes every new connection
 * - freeze: takes everything, hands nothing on in either direction
 * - hang up: closes the first connection on which the client says something, as one that was dead
 *   already, and then passes
 * - mute: hands on what the client says, and closes the connection when the database answers
 */
export type Fault = 'pass' | 'refuse' | 'freeze' | 'hang up' | 'mute';

export interface FaultProxy {
  /** Fits where the database's own URL fits. */
  url(databaseUrl: string): string;
  fault: Fault;
  /** Of the connections that are open now. */
  cut(): void;
}

/** Call at the top of a test file, before what connects through it. */
export function useFaultProxy(databaseUrl: string): FaultProxy {
  const { hostname, port } = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    if (proxy.fault === 'refuse') return client.destroy();
    const database = dial(Number(port), hostname);
    const pair = [client, database];
    for (const socket of pair) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        for (const each of pair) each.destroy();
        sockets.delete(socket);
      });
    }
    const close = () => client.resetAndDestroy();
    // The server's own question, which may come beside any request, is not what a fault is for.
    let own = false;
    client.on('data', (chunk) => {
      own = chunk.includes('deletions_since');
      if (own && proxy.fault !== 'freeze') database.write(chunk);
      else if (proxy.fault === 'hang up') {
        proxy.fault = 'pass';
        close();
      } else if (proxy.fault !== 'freeze') database.write(chunk);
    });
    database.on('data', (chunk) => {
      if (proxy.fault === 'mute' && !own) close();
      else if (proxy.fault !== 'freeze') client.write(chunk);
    });
    return client;
  });
  const proxy = {
    fault: 'pass' as Fault,
    url(base: string) {
      const address = server.address();
      if (!address || typeof address === 'string') throw new Error('the proxy is not listening');
      const url = new URL(base);
      url.hostname = '127.0.0.1';
      url.port = String(address.port);
      return url.href;
    },
    cut() {
      for (const socket of sockets) socket.destroy();
    },
  };
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
  afterAll(async () => {
    proxy.cut();
    await new Promise((resolve) => server.close(resolve));
  });
  return proxy;
}
