/** The result of one comparison, the input of every report. Data only. */
import type { LoginPages } from './direct.ts';
import type { Cell } from './measure.ts';
import type { Peer } from './peers.ts';
import type { tokenCosts } from './token.ts';
import type { Workload } from './workloads.ts';

export interface Findings {
  readonly began: Date;
  readonly rounds: number;
  readonly quick: boolean;
  readonly peers: readonly Peer[];
  readonly workloads: readonly Workload[];
  readonly cells: readonly Cell[];
  /** Key: peer and workload. */
  readonly roundTrips: ReadonlyMap<string, number>;
  readonly bytes: ReadonlyMap<string, number>;
  readonly token: Awaited<ReturnType<typeof tokenCosts>>;
  readonly login: LoginPages;
  readonly leftOut: readonly string[];
  readonly load: readonly number[];
  readonly postgres: string;
}
