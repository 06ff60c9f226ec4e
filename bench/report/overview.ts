/**
 * The comparison in one table: this server's CPU per request divided by each peer's, one column per
 * workload. Takes findings and returns Markdown; the figures behind it are in table.ts.
 */
import type { Findings } from '../findings.ts';
import { OURS } from '../peers.ts';
import { linesOf, scenesOf } from './summary.ts';
import { markdown, sceneTitle } from './table.ts';

export function overview(findings: Findings): string {
  const near = scenesOf(findings).filter(({ delayMs }) => delayMs === 0);
  const columns = near.map((scene) => ({
    title: sceneTitle(scene),
    ratios: new Map(
      linesOf(findings, scene).map(({ name, cpuRatio }) => [name, cpuRatio?.median.toFixed(2)]),
    ),
  }));
  const peers = linesOf(findings, { workload: 'newest', delayMs: 0 }).filter(
    // pgbench has no server whose CPU could be compared.
    ({ name, cpuRatio }) => name !== OURS && cpuRatio !== undefined,
  );
  return markdown([
    ['server', 'kept apart by', ...columns.map(({ title }) => title)],
    ...peers.map(({ name, title, keptApartBy }) => [
      title,
      keptApartBy,
      ...columns.map(({ ratios }) => ratios.get(name) ?? ''),
    ]),
  ]);
}
