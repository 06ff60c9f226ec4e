/**
 * The database's own limit: the same SQL from pgbench, with and without row level security. Takes the
 * stage, returns measurements like those of a peer, or none and the reason in `leftOut`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cell } from './measure.ts';
import { cpuOfReaped } from './support/cpu.ts';
import type { Stage } from './support/stage.ts';
import { CONNECTIONS, type Workload } from './workloads.ts';

export const PGBENCH = [
  { name: 'pgbench-rls', title: 'pgbench, RLS', keptApartBy: 'RLS' },
  { name: 'pgbench-plain', title: 'pgbench', keptApartBy: 'where' },
] as const;

const COLUMNS = 'id, title, completed, created_at, updated_at';

/** pgbench replaces `:name` inside quotes too, so the value is cast instead of quoted. */
const SCRIPTS = {
  'pgbench-rls': `\\set uid random(1, 250)
\\startpipeline
select set_config('role', 'todo_user', true), set_config('jwt.claims.user_id', cast(:uid as text), true), set_config('statement_timeout', '10000', true);
select ${COLUMNS} from public.task order by id desc limit 50;
\\endpipeline
`,
  'pgbench-plain': `\\set uid random(1, 250)
select ${COLUMNS} from public.task where user_id = :uid order by id desc limit 50;
`,
} as const;

export async function pgbenchCells(
  stage: Stage,
  workloads: readonly Workload[],
  { round, seconds }: { round: number; seconds: number },
  leftOut: string[],
): Promise<Cell[]> {
  if (!workloads.includes('newest')) return [];
  if (spawnSync('pgbench', ['--version'], { stdio: 'ignore' }).status !== 0) {
    const reason = 'pgbench: not installed';
    if (!leftOut.includes(reason)) leftOut.push(reason);
    return [];
  }
  const cells: Cell[] = [];
  for (const { name } of PGBENCH) {
    const url = name === 'pgbench-rls' ? stage.urls.authenticator : stage.urls.plain;
    const before = await cpuOfReaped(stage.root);
    const transactions = run(url, SCRIPTS[name], Math.max(1, Math.round(seconds)));
    const after = await cpuOfReaped(stage.root);
    cells.push({
      peer: name,
      workload: 'newest',
      delayMs: 0,
      round,
      requestsPerSecond: transactions / Math.max(1, Math.round(seconds)),
      serverCpu: undefined,
      databaseCpu:
        before === undefined || after === undefined ? undefined : (after - before) / transactions,
      // pgbench reports the average only.
      p50: Number.NaN,
      p99: Number.NaN,
    });
  }
  return cells;
}

function run(databaseUrl: string, script: string, seconds: number): number {
  const directory = mkdtempSync(join(tmpdir(), 'rowguard-pgbench-'));
  try {
    const file = join(directory, 'script.sql');
    writeFileSync(file, script);
    const url = new URL(databaseUrl);
    const password = decodeURIComponent(url.password);
    url.password = '';
    const clients = String(CONNECTIONS);
    const { stdout, stderr, status } = spawnSync(
      'pgbench',
      [
        '-n',
        '-M',
        'prepared',
        '-c',
        clients,
        '-j',
        '1',
        '-T',
        String(seconds),
        '-f',
        file,
        url.href,
      ],
      {
        encoding: 'utf8',
        env: {
          PATH: process.env.PATH ?? '',
          PGPASSWORD: password,
          // pgbench parses all statements before `set role`, and todo_authenticator has no right on tables.
          ...(url.username === 'todo_authenticator' && { PGOPTIONS: '-c role=todo_user' }),
        },
      },
    );
    const transactions = Number(/actually processed: (\d+)/.exec(stdout)?.[1]);
    if (status !== 0 || !transactions) throw new Error(`pgbench: ${stderr.trim() || stdout}`);
    return transactions;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
