/**
 * A TCP proxy between peers and PostgreSQL. Counts round trips and delays requests, as a network would.
 * stdin: first the target as JSON, then one delay in milliseconds per line; stdout: the round trips so
 * far, after each line. Never changes the data.
 */
import { createServer, connect as dial, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

let delayMs = 0;
let roundTrips = 0;

const lines = createInterface({ input: process.stdin });
lines.once('line', (first) => {
  const { hostname, port } = JSON.parse(first) as { hostname: string; port: number };
  lines.on('line', (line) => {
    delayMs = Number(line);
    console.log(roundTrips);
  });
  const server = createServer((client) => connect(client, dial(port, hostname)));
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (address && typeof address === 'object') console.log(`listening ${address.port}`);
  });
});
lines.once('close', () => process.exit(0));

function connect(client: Socket, database: Socket): void {
  for (const [socket, other] of [
    [client, database],
    [database, client],
  ] as const) {
    socket.setNoDelay(true);
    socket.on('close', () => other.destroy());
    socket.on('error', () => other.destroy());
  }
  /** Waiting for ReadyForQuery. */
  let asked = false;
  client.on('data', (chunk) => {
    asked = true;
    if (delayMs === 0) database.write(chunk);
    else setTimeout(() => database.write(chunk), delayMs);
  });
  const ready = readyForQuery();
  database.on('data', (chunk) => {
    if (ready(chunk as Buffer) && asked) {
      asked = false;
      roundTrips++;
    }
    client.write(chunk);
  });
}

/** Whether a chunk ends with ReadyForQuery. https://www.postgresql.org/docs/18/protocol-message-formats.html */
function readyForQuery(): (chunk: Buffer) => boolean {
  /** Missing bytes of the current message. */
  let rest = 0;
  let header = Buffer.alloc(0);
  let first = true;
  return (chunk) => {
    let type = '';
    // The answer to SSLRequest is one byte before the first message.
    let at = first && chunk.length === 1 ? 1 : Math.min(rest, chunk.length);
    first = false;
    rest -= Math.min(rest, at);
    while (at < chunk.length) {
      const missing = 5 - header.length;
      header = Buffer.concat([header, chunk.subarray(at, at + missing)]);
      at += Math.min(missing, chunk.length - at);
      if (header.length < 5) break;
      type = header.toString('latin1', 0, 1);
      rest = header.readInt32BE(1) - 4;
      header = Buffer.alloc(0);
      const taken = Math.min(rest, chunk.length - at);
      rest -= taken;
      at += taken;
    }
    return type === 'Z' && rest === 0;
  };
}
