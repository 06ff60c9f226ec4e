/** Parses the benchmark's command line. Takes arguments, returns the choice. Throws on an invalid one. */
import { parseArgs } from 'node:util';

export interface Choice {
  readonly command: 'compare' | 'growth' | 'bulk';
  readonly quick: boolean;
  /** Names of peers and workloads; empty = all. */
  readonly only: readonly string[];
  /** Rounds of the comparison. */
  readonly rounds: number;
  /** Tasks in the largest step of growth. */
  readonly tasks: number;
  /** Requests for the memory curve of growth. */
  readonly requests: number;
  /** Write docs/ and bench/*.json. */
  readonly write: boolean;
}

export const HELP = `npm run bench -- [compare] [--quick] [--only=name,name] [--rounds=N] [--write]
npm run bench -- growth [--quick] [--tasks=N] [--requests=N] [--write]
npm run bench -- bulk [--quick] [--rounds=N] [--write]

  compare        this server and its peers in turns (default; at most ten minutes)
  growth         cost per request against the number of tasks, memory and start
  bulk           100 tasks in one mutation against 100 requests (a minute)
  --quick        shorter runs (a minute or two)
  --only         peers and workloads by name; Rowguard always takes part
  --rounds       measurements per workload and peer
  --tasks        the largest number of tasks (growth)
  --requests     requests sent while memory is watched (growth)
  --write        writes bench/*.json and the figures in docs/`;

export function readArguments(args: readonly string[]): Choice | 'help' {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      quick: { type: 'boolean' },
      only: { type: 'string', multiple: true },
      rounds: { type: 'string' },
      tasks: { type: 'string' },
      requests: { type: 'string' },
      write: { type: 'boolean' },
    },
  });
  if (values.help) return 'help';
  const [command = 'compare'] = positionals;
  if (command !== 'compare' && command !== 'growth' && command !== 'bulk') {
    throw new Error(`There is no command ${command}. See npm run bench -- --help`);
  }
  const quick = values.quick ?? false;
  return {
    command,
    quick,
    only: (values.only ?? []).flatMap((names) => names.split(',')),
    rounds: wholeNumber('rounds', values.rounds, quick ? 2 : 5),
    tasks: wholeNumber('tasks', values.tasks, quick ? 100_000 : 20_000_000),
    requests: wholeNumber('requests', values.requests, quick ? 20_000 : 1_000_000),
    write: values.write ?? false,
  };
}

function wholeNumber(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const number = Number(text.replaceAll('_', ''));
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} must be a whole number`);
  return number;
}
