/**
 * Summarises measurements. Figures are medians of the rounds. Ratios are computed within a round, because
 * the machine's load was the same for both sides, then as median and quartiles of the rounds.
 */
import type { Findings } from '../findings.ts';
import type { Cell } from '../measure.ts';
import { OURS, PEERS } from '../peers.ts';
import { PGBENCH } from '../pgbench.ts';
import { type Spread, spread } from '../support/statistics.ts';
import type { Workload } from '../workloads.ts';

export interface Scene {
  readonly workload: Workload;
  readonly delayMs: number;
}

export interface Line {
  readonly name: string;
  readonly title: string;
  readonly keptApartBy: 'RLS' | 'where';
  readonly roundTrips: number | undefined;
  readonly requestsPerSecond: number | undefined;
  readonly p50: number | undefined;
  readonly p99: number | undefined;
  readonly serverCpu: number | undefined;
  readonly databaseCpu: number | undefined;
  /** Rowguard's figure divided by the peer's. */
  readonly cpuRatio: Spread | undefined;
  readonly rateRatio: Spread | undefined;
}

export const totalCpu = ({ serverCpu, databaseCpu }: Cell): number | undefined =>
  serverCpu === undefined || databaseCpu === undefined ? undefined : serverCpu + databaseCpu;

export const cellsOf = (findings: Findings, name: string, scene: Scene): Cell[] =>
  findings.cells.filter(
    ({ peer, workload, delayMs }) =>
      peer === name && workload === scene.workload && delayMs === scene.delayMs,
  );

/** `of(ours) / of(theirs)`, round by round. */
export function ratio(
  findings: Findings,
  scene: Scene,
  [ours, theirs]: readonly [string, string],
  of: (cell: Cell) => number | undefined,
): Spread | undefined {
  const other = new Map(cellsOf(findings, theirs, scene).map((cell) => [cell.round, of(cell)]));
  return spread(
    cellsOf(findings, ours, scene).map((cell) => {
      const [a, b] = [of(cell), other.get(cell.round)];
      return a === undefined || b === undefined ? undefined : a / b;
    }),
  );
}

export function linesOf(findings: Findings, scene: Scene): Line[] {
  return [...PEERS, ...PGBENCH].flatMap(({ name, title, keptApartBy }) => {
    const cells = cellsOf(findings, name, scene);
    if (cells.length === 0) return [];
    const median = (of: (cell: Cell) => number | undefined) => spread(cells.map(of))?.median;
    const against = (of: (cell: Cell) => number | undefined) =>
      name === OURS ? undefined : ratio(findings, scene, [OURS, name], of);
    return {
      name,
      title,
      keptApartBy,
      roundTrips: findings.roundTrips.get(`${name} ${scene.workload}`),
      requestsPerSecond: median((cell) => cell.requestsPerSecond),
      p50: median((cell) => cell.p50),
      p99: median((cell) => cell.p99),
      serverCpu: median((cell) => cell.serverCpu),
      databaseCpu: median((cell) => cell.databaseCpu),
      cpuRatio: against(totalCpu),
      rateRatio: against((cell) => cell.requestsPerSecond),
    };
  });
}

/** In the order of the report. */
export function scenesOf(findings: Findings): Scene[] {
  const delays = [...new Set(findings.cells.map(({ delayMs }) => delayMs))].toSorted(
    (a, b) => a - b,
  );
  return delays.flatMap((delayMs) =>
    findings.workloads
      .map((workload) => ({ workload, delayMs }))
      .filter((scene) => cellsOf(findings, OURS, scene).length > 0),
  );
}
