/**
 * Stands between the server and PostgreSQL, changes nothing, and writes down what the client sent:
 * round trips, statements parsed, parameters bound. A round trip is something sent and the
 * ReadyForQuery that answers it.
 */
import { createServer, connect as dial, type Socket } from 'node:net';
import { afterAll, beforeAll } from 'vitest';

/** What the server asks for itself every few seconds, beside whatever request comes then. */
const BACKGROUND = /deletions_since/;

export interface Parsed {
  readonly connection: number;
  /** Empty: unnamed. */
  readonly name: string;
  readonly text: string;
}

export interface Bound extends Parsed {
  readonly values: (string | null)[];
}

export class Traffic {
  roundTrips = 0;
  readonly parsed: Parsed[] = [];
  readonly bound: Bound[] = [];
}

export interface CountingProxy {
  /** Fits where the database's own URL fits. */
  url(databaseUrl: string): string;
  /** What went through while `work` ran. */
  during(work: () => Promise<unknown>): Promise<Traffic>;
}

/** Call at the top of a test file, before what connects through it. */
export function useCountingProxy(databaseUrl: string): CountingProxy {
  const { hostname, port } = new URL(databaseUrl);
  let traffic = new Traffic();
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const database = dial(Number(port), hostname);
    const connection = ++connections;
    const texts = new Map<string, string>();
    let asked = false;
    let last = '';
    const fromClient = messages(false, (type, body) => {
      // Startup, password and Terminate ask for nothing that is counted.
      if (type === 'Q' || type === 'S') asked = true;
      // A simple query binds nothing.
      if (type === 'Q') last = '';
      if (type === 'P') {
        const [name, text] = strings(body, 2);
        texts.set(name, text);
        if (!BACKGROUND.test(text)) traffic.parsed.push({ connection, name, text });
      }
      if (type === 'B') {
        const [, name] = strings(body, 2);
        const text = texts.get(name) ?? '';
        last = text;
        if (BACKGROUND.test(text)) return;
        traffic.bound.push({ connection, name, text, values: parameters(body) });
      }
    });
    const fromDatabase = messages(true, (type) => {
      if (type !== 'Z' || !asked) return;
      asked = false;
      if (BACKGROUND.test(last)) return;
      traffic.roundTrips++;
    });
    join(client, database, fromClient);
    join(database, client, fromDatabase);
    for (const socket of [client, database]) sockets.add(socket);
  });
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url(base) {
      const address = server.address();
      if (!address || typeof address === 'string') throw new Error('the proxy is not listening');
      const url = new URL(base);
      url.hostname = '127.0.0.1';
      url.port = String(address.port);
      return url.href;
    },
    async during(work) {
      traffic = new Traffic();
      await work();
      return traffic;
    },
  };
}

function join(from: Socket, to: Socket, read: (chunk: Buffer) => void): void {
  from.on('data', (chunk) => {
    read(chunk);
    to.write(chunk);
  });
  from.on('close', () => to.destroy());
  from.on('error', () => to.destroy());
}

/** https://www.postgresql.org/docs/18/protocol-message-formats.html: the first of a client has no type. */
function messages(typedFirst: boolean, take: (type: string, body: Buffer) => void) {
  let rest = Buffer.alloc(0);
  let typed = typedFirst;
  return (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const start = typed ? 1 : 0;
      if (rest.length < start + 4) return;
      const end = start + rest.readInt32BE(start);
      if (rest.length < end) return;
      take(typed ? rest.toString('latin1', 0, 1) : '', rest.subarray(start + 4, end));
      rest = rest.subarray(end);
      typed = true;
    }
  };
}

function strings(body: Buffer, count: 2): [string, string] {
  const first = body.indexOf(0);
  const second = body.indexOf(0, first + 1);
  if (count !== 2 || second < 0) throw new Error('not two strings');
  return [body.toString('utf8', 0, first), body.toString('utf8', first + 1, second)];
}

/** Of a Bind message whose parameters are text. */
function parameters(body: Buffer): (string | null)[] {
  let at = body.indexOf(0, body.indexOf(0) + 1) + 1;
  at += 2 + 2 * body.readInt16BE(at);
  const values: (string | null)[] = [];
  const count = body.readInt16BE(at);
  at += 2;
  for (let i = 0; i < count; i++) {
    const length = body.readInt32BE(at);
    at += 4;
    values.push(length < 0 ? null : body.toString('utf8', at, at + length));
    at += Math.max(length, 0);
  }
  return values;
}
