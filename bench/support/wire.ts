/** Network delay between a peer and its database: starts bench/proxy.ts and controls it. */
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Player, send } from '../cast.ts';
import type { Workload } from '../workloads.ts';
import { startChild } from './child.ts';

export interface Wire {
  /** The database URL through the proxy. */
  url(databaseUrl: string): string;
  /** Milliseconds added to each round trip from now on. */
  delay(milliseconds: number): Promise<void>;
  /** Round trips of one request, with prepared statements and a cached token. */
  roundTrips(player: Player, workload: Workload): Promise<number>;
  stop(): Promise<void>;
}

const TIMES = 10;

export async function openWire(databaseUrl: string): Promise<Wire> {
  const { hostname, port } = new URL(databaseUrl);
  const child = await startChild({
    command: process.execPath,
    args: [join(import.meta.dirname, '../proxy.ts')],
    settings: { hostname, port: Number(port) },
  });
  const { stdin, stdout } = child.process;
  if (!stdin || !stdout) throw new Error('the proxy has no input');
  const lines = createInterface({ input: stdout });
  /** Sets the delay; resolves with the round trips so far. */
  const tell = (milliseconds: number) =>
    new Promise<number>((resolve) => {
      lines.once('line', (line) => resolve(Number(line)));
      stdin.write(`${milliseconds}\n`);
    });
  return {
    url(base) {
      const url = new URL(base);
      url.hostname = '127.0.0.1';
      url.port = String(child.port);
      return url.href;
    },
    async delay(milliseconds) {
      await tell(milliseconds);
    },
    async roundTrips({ url, requests }, workload) {
      const [request] = requests[workload]?.[0] ?? [];
      if (!request) throw new Error(`there is no request for ${workload}`);
      // Opens the pool's connections and prepares their statements.
      for (let i = 0; i < 2 * TIMES; i++) await send(url, request);
      const before = await tell(0);
      for (let i = 0; i < TIMES; i++) await send(url, request);
      // Rounds off a server's own occasional queries.
      return Math.round(((await tell(0)) - before) / TIMES);
    },
    stop: () => child.stop(),
  };
}
