/**
 * Starts a cluster on a port: the configured one, else the last one if free, else any free one. Takes
 * the cluster's place, returns the running cluster. A configured port is never replaced by another.
 */
import { createServer } from 'node:net';
import { type RunningCluster, startCluster } from './cluster.ts';
import { ClusterError, type ClusterPlace } from './place.ts';

export async function startOnPort(
  place: ClusterPlace,
  configured: number | undefined,
  last: number | undefined,
): Promise<RunningCluster> {
  if (configured) return startCluster(place, configured);
  const first = last && (await isFree(last)) ? last : await freePort();
  for (let attempt = 0, port = first; ; attempt++, port = await freePort()) {
    try {
      return await startCluster(place, port);
    } catch (error) {
      // Another program took the port between the check and the start.
      const taken = error instanceof ClusterError && /could not bind/i.test(error.output);
      if (!taken || attempt === 4) throw error;
    }
  }
}

const isFree = (port: number): Promise<boolean> => listenOnce(port).then(Boolean, () => false);

/** A free loopback port. Another program may take it before its use. */
export const freePort = (): Promise<number> => listenOnce(0);

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      const address = server.address();
      const got = address && typeof address === 'object' ? address.port : 0;
      server.close(() => resolve(got));
    });
  });
}
