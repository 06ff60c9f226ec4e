/**
 * One cell of the run: one peer, one workload, about a second. CPU is what the peer's threads and the
 * database's backends have run meanwhile; the load generator and the proxy are other processes.
 */
import type { Client } from 'pg';
import type { Player } from './cast.ts';
import { cpuOf, cpuOfBackends, growth } from './support/cpu.ts';
import { load } from './support/load.ts';
import type { Workload } from './workloads.ts';

export interface Cell {
  readonly peer: string;
  readonly workload: Workload;
  readonly delayMs: number;
  readonly round: number;
  readonly requestsPerSecond: number;
  /** Microseconds per request; undefined where the system does not tell. */
  readonly serverCpu: number | undefined;
  readonly databaseCpu: number | undefined;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

export interface Moment {
  readonly workload: Workload;
  readonly delayMs: number;
  readonly round: number;
  readonly seconds: number;
}

/** Connections that were closed while others had their turn are opened again, statements prepared. */
const WARM_UP = 80;

/**
 * Until what runs often has been compiled: by V8, which goes on for ten thousand requests and more, by
 * mercurius, and into PostgreSQL's plans. A server that was just started is none that anybody compares.
 */
export async function warmUp(player: Player, workload: Workload, seconds: number): Promise<void> {
  const { peer, url, requests } = player;
  await load({ who: peer.title, url, requests: requests[workload] ?? [], seconds });
}

export async function measure(root: Client, player: Player, moment: Moment): Promise<Cell> {
  const { peer, child, url } = player;
  const { workload, delayMs, round, seconds } = moment;
  const requests = player.requests[workload] ?? [];
  await load({ who: peer.title, url, requests, amount: WARM_UP });
  const backendsBefore = await cpuOfBackends(root);
  const serverBefore = cpuOf(child.pid);
  const result = await load({ who: peer.title, url, requests, seconds });
  const serverAfter = cpuOf(child.pid);
  const backends = growth(backendsBefore, await cpuOfBackends(root));
  return {
    peer: peer.name,
    workload,
    delayMs,
    round,
    requestsPerSecond: result.requests / result.seconds,
    serverCpu:
      serverBefore === undefined || serverAfter === undefined
        ? undefined
        : (serverAfter - serverBefore) / result.requests,
    databaseCpu: backends === undefined ? undefined : backends / result.requests,
    p50: result.p50,
    p99: result.p99,
  };
}
