/**
 * Makes a database without TLS one that insists on it: answers SSLRequest with yes, takes the encryption
 * off, hands the rest on. The certificate is made by openssl, and of no use to anybody else.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, connect as dial, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { afterAll, beforeAll } from 'vitest';

export const opensslInstalled = spawnSync('openssl', ['version']).status === 0;

/** https://www.postgresql.org/docs/18/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-SSLREQUEST */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

export interface TlsProxy {
  /** Fits where the database's own URL fits; it trusts the proxy's certificate. */
  url(databaseUrl: string): string;
  /** Connections that came without encryption; they were closed. */
  readonly refused: number;
}

/** Call at the top of a describe, before what connects through it. */
export function useTlsProxy(databaseUrl: string): TlsProxy {
  const { hostname, port } = new URL(databaseUrl);
  const directory = mkdtempSync(join(tmpdir(), 'rowguard-tls-'));
  const file = (name: string) => join(directory, name);
  const sockets = new Set<Socket>();
  let refused = 0;
  let certificate = { key: '', cert: '' };
  const server = createServer((raw) => {
    sockets.add(raw);
    raw.on('error', () => {});
    raw.once('data', (first: Buffer) => {
      if (!first.equals(SSL_REQUEST)) {
        refused++;
        raw.destroy();
        return;
      }
      const client = new TLSSocket(raw, { isServer: true, ...certificate });
      const database = dial(Number(port), hostname);
      sockets.add(database);
      for (const socket of [client, database]) {
        socket.on('error', () => {});
        socket.on('close', () => {
          client.destroy();
          database.destroy();
        });
      }
      client.pipe(database);
      database.pipe(client);
      raw.write('S');
    });
  });
  beforeAll(async () => {
    const made = spawnSync('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '1'],
      ...['-keyout', file('key.pem'), '-out', file('cert.pem')],
    ]);
    if (made.status !== 0) throw new Error(String(made.stderr));
    certificate = {
      key: readFileSync(file('key.pem'), 'utf8'),
      cert: readFileSync(file('cert.pem'), 'utf8'),
    };
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
    rmSync(directory, { recursive: true, force: true });
  });
  return {
    url(base) {
      const address = server.address();
      if (!address || typeof address === 'string') throw new Error('the proxy is not listening');
      const url = new URL(base);
      url.hostname = 'localhost';
      url.port = String(address.port);
      url.search = `?sslmode=verify-full&sslrootcert=${encodeURIComponent(file('cert.pem'))}`;
      return url.href;
    },
    get refused() {
      return refused;
    },
  };
}
