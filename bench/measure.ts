/**
 * One measurement: one peer, one workload, about a second. Takes a running peer, returns rates, latencies
 * and the CPU time of the peer's threads and of PostgreSQL's backends. The load generator and the proxy
 * are other processes and never counted.
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
  /** Microseconds per request; undefined on systems without /proc. */
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

/** Requests before a measurement: pools reopen idle connections and prepare statements. */
const WARM_UP = 80;

/**
 * Runs a workload until the code is compiled (V8 needs ten thousand requests and more, mercurius has its
 * own compiler) and PostgreSQL has its plans.
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
