/** Prints the findings; with `write`, also writes results.json, the picture and docs/performance.md. */
import { cpus } from 'node:os';
import type { Findings } from '../findings.ts';
import { overview } from './overview.ts';
import { picture } from './picture.ts';
import { linesOf, scenesOf } from './summary.ts';
import { tables } from './table.ts';
import { targets } from './targets.ts';
import { writePicture, writeResults, writeSection } from './write.ts';

export async function report(
  findings: Findings,
  write: boolean,
  say: (line: string) => void,
): Promise<void> {
  const about = circumstances(findings);
  say(`\n${about}\n\n${tables(findings)}\n\n${targets(findings)}\n`);
  if (!write) return;
  writeResults('results', {
    about,
    began: findings.began,
    leftOut: findings.leftOut,
    token: findings.token,
    login: findings.login,
    bytes: Object.fromEntries(findings.bytes),
    scenes: scenesOf(findings).map((scene) => ({ ...scene, lines: linesOf(findings, scene) })),
    cells: findings.cells,
  });
  writePicture('bench', picture(findings));
  writeSection('performance', 'targets', targets(findings));
  writeSection('performance', 'compare', `${about}\n\n${overview(findings)}`);
  writeSection('benchmark', 'tables', `${about}\n\n${tables(findings)}`);
  say('Written: bench/results.json, docs/bench.svg, docs/performance.md, docs/benchmark.md');
}

function circumstances({ began, rounds, quick, load, leftOut, postgres }: Findings): string {
  const loads = `${Math.min(...load).toFixed(1)} to ${Math.max(...load).toFixed(1)}`;
  return [
    `Measured on ${began.toISOString().slice(0, 10)}${quick ? ' (quick)' : ''}: ${cpus().length} cores,`,
    `${process.platform} ${process.arch}, Node ${process.versions.node}, PostgreSQL ${postgres}, load average ${loads};`,
    `${rounds} rounds in a new order each time. Figures are medians, ratios the median (and quartiles) of the rounds.`,
    ...leftOut.map((reason) => `Left out: ${reason}.`),
  ].join('\n');
}
