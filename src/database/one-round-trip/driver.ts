/**
 * The only file that uses the inside of pg. Several statements under one Sync need pg's message writer and
 * reply events, which are not public and may change. So the version is exact and checked at start, and
 * DATABASE_ADAPTOR=stock works without them. docs/adaptor.md lists each internal with its library file.
 */
import { createRequire } from 'node:module';
import type { Duplex } from 'node:stream';
import { Client, type ClientBase, Connection } from 'pg';
import utils from 'pg/lib/utils.js';
import { OperatorError } from '../../errors.ts';

/** The version whose internals were read and tested. package.json pins the same. */
export const TESTED_PG_VERSION = '8.23.1';

/** The messages that are used of https://www.postgresql.org/docs/18/protocol-message-formats.html */
export interface Wire {
  readonly stream: Duplex;
  parse(message: { name: string; text: string }): void;
  bind(message: { statement: string; values: readonly (string | Buffer | null)[] }): void;
  describe(message: { type: 'P' | 'S'; name?: string }): void;
  execute(message: object): void;
  close(message: { type: 'S'; name: string }): void;
  sync(): void;
  sendCopyFail(reason: string): void;
  on(reply: 'parseComplete' | 'bindComplete' | 'end', listener: () => void): void;
  prependListener(reply: 'readyForQuery', listener: (message: { status: string }) => void): void;
}

const WRITERS = [
  'parse',
  'bind',
  'describe',
  'execute',
  'close',
  'sync',
  'sendCopyFail',
] as const satisfies (keyof Wire)[];

export function wireOf(client: ClientBase): Wire {
  return (client as unknown as { connection: Wire }).connection;
}

/** Destroys the socket. A query that is running on it fails. */
export const dropConnection = (client: ClientBase): void => {
  wireOf(client).stream.destroy();
};

interface CancelWire {
  readonly stream: Duplex;
  on(event: 'error' | 'end', listener: () => void): void;
}

/** Opens a connection that sends a CancelRequest for the current statement of `client`, and nothing else. */
export function openCancelWire(client: ClientBase): CancelWire {
  const { host, port, ssl, processID, secretKey } = client as unknown as {
    host: string;
    port: number;
    ssl: unknown;
    processID: number;
    secretKey: number;
  };
  const wire = new Connection({ ssl } as object) as unknown as CancelWire & {
    connect(portOrPath: number | string, host?: string): void;
    on(event: 'connect' | 'sslconnect', listener: () => void): void;
    requestSsl(): void;
    cancel(processId: number, secret: number): void;
  };
  const cancel = () => wire.cancel(processID, secretKey);
  // With TLS only after the handshake: the request contains the secret key.
  wire.on('connect', () => (ssl ? wire.requestSsl() : cancel()));
  wire.on('sslconnect', cancel);
  if (host.startsWith('/')) wire.connect(`${host}/.s.PGSQL.${port}`);
  else wire.connect(port, host);
  return wire;
}

export const toParameter = (value: unknown): string | Buffer | null =>
  // pg turns undefined into null.
  typeof value === 'string' ? value : utils.prepareValue(value);

/** Throws an OperatorError unless the installed driver is the tested one. Opens no connection. */
export function checkDriver(version: string = installedVersion(), client = new Client()): void {
  // pg-native has no connection object.
  const wire: Partial<Wire> = wireOf(client) ?? {};
  const missing: string[] = WRITERS.filter((name) => typeof wire[name] !== 'function');
  if (wire.stream === undefined) missing.push('stream');
  if (typeof utils.prepareValue !== 'function') missing.push('prepareValue');
  if (version === TESTED_PG_VERSION && missing.length === 0) return;
  throw new OperatorError(
    missing.length > 0
      ? `The database driver pg ${version} lacks what one round trip per request needs: ${missing.join(', ')}.`
      : `The database driver is pg ${version}; one round trip per request was tested with ${TESTED_PG_VERSION} only.`,
    'install the pinned version with npm ci, or set DATABASE_ADAPTOR=stock.',
  );
}

function installedVersion(): string {
  return (createRequire(import.meta.url)('pg/package.json') as { version: string }).version;
}
