/** The summary as Markdown tables, for the terminal and the docs. Takes findings, returns text. */
import type { Findings } from '../findings.ts';
import type { Spread } from '../support/statistics.ts';
import { TITLES } from '../workloads.ts';
import { type Line, linesOf, type Scene, scenesOf } from './summary.ts';

const HEAD = [
  'server',
  'rows kept apart by',
  'round trips',
  'requests/s',
  'p50 ms',
  'p99 ms',
  'server µs',
  'PostgreSQL µs',
  'CPU, Rowguard ÷ this',
  'requests/s, Rowguard ÷ this',
];

export const sceneTitle = ({ workload, delayMs }: Scene): string =>
  `${TITLES[workload]}${delayMs > 0 ? `, ${delayMs} ms from the database` : ''}`;

export function tables(findings: Findings): string {
  return scenesOf(findings)
    .map((scene) => {
      const rows = linesOf(findings, scene).map(row);
      return `**${sceneTitle(scene)}**\n\n${markdown([HEAD, ...rows])}`;
    })
    .join('\n\n');
}

const row = (line: Line): string[] => [
  line.title,
  line.keptApartBy,
  line.roundTrips?.toString() ?? '',
  whole(line.requestsPerSecond),
  tenths(line.p50),
  tenths(line.p99),
  whole(line.serverCpu),
  whole(line.databaseCpu),
  range(line.cpuRatio),
  range(line.rateRatio),
];

export function markdown([head = [], ...rows]: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, i) => Math.max(...all.map((cells) => [...(cells[i] ?? '')].length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

const known = (value: number | undefined): value is number =>
  value !== undefined && Number.isFinite(value);

const whole = (value: number | undefined): string =>
  known(value) ? Math.round(value).toLocaleString('en') : '';

const tenths = (value: number | undefined): string => (known(value) ? value.toFixed(1) : '');

export const range = (value: Spread | undefined): string =>
  value ? `${value.median.toFixed(2)} (${value.low.toFixed(2)}-${value.high.toFixed(2)})` : '';
