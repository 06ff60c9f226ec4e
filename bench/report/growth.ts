/** Prints growth as tables; with `write`, also writes them to docs/performance.md. */
import { loadavg } from 'node:os';
import type { Spread } from '../support/statistics.ts';
import { markdown } from './table.ts';
import { writeResults, writeSection } from './write.ts';

interface Cost {
  readonly serverCpu: Spread | undefined;
  readonly databaseCpu: Spread | undefined;
  readonly buffers: number;
}

export interface GrowthFindings {
  readonly began: Date;
  readonly sharedBuffers: string;
  readonly steps: readonly (Cost & {
    readonly tasks: number;
    readonly people: number;
    readonly bootMs: number;
  })[];
  readonly accounts: readonly (Cost & { readonly tasks: number; readonly deepBuffers: number })[];
  readonly memory: readonly { readonly requests: number; readonly bytes: number | undefined }[];
}

export function growthReport(
  findings: GrowthFindings,
  write: boolean,
  say: (line: string) => void,
): void {
  const text = tables(findings);
  say(`\n${text}`);
  if (!write) return;
  writeResults('growth', findings);
  writeSection('performance', 'growth', text);
  say('\nWritten: bench/growth.json, docs/performance.md');
}

function tables({ began, sharedBuffers, steps, accounts, memory }: GrowthFindings): string {
  const [load = 0] = loadavg();
  return [
    `Measured on ${began.toISOString().slice(0, 10)}, load average ${load.toFixed(1)} at the end, shared_buffers ${sharedBuffers}.\nCPU is the median (and quartiles) of five parts.`,
    markdown([
      ['tasks of all', 'people', 'server µs', 'PostgreSQL µs', 'buffers of a page', 'start ms'],
      ...steps.map((step) => [
        count(step.tasks),
        count(step.people),
        around(step.serverCpu),
        around(step.databaseCpu),
        count(step.buffers),
        count(step.bootMs),
      ]),
    ]),
    markdown([
      ['tasks of one account', 'server µs', 'PostgreSQL µs', 'buffers, first page', 'last page'],
      ...accounts.map((account) => [
        count(account.tasks),
        around(account.serverCpu),
        around(account.databaseCpu),
        count(account.buffers),
        count(account.deepBuffers),
      ]),
    ]),
    markdown([
      ['requests', ...memory.map(({ requests }) => count(requests))],
      [
        'memory of the server, MiB',
        ...memory.map(({ bytes }) => (bytes === undefined ? '' : count(bytes / 2 ** 20))),
      ],
    ]),
  ].join('\n\n');
}

const count = (value: number): string => Math.round(value).toLocaleString('en');

const around = (value: Spread | undefined): string =>
  value ? `${count(value.median)} (${count(value.low)}-${count(value.high)})` : '';
