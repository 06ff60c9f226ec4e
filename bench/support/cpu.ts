/**
 * CPU time and memory of processes, from Linux's /proc. Returns undefined on other systems; never an
 * estimate.
 */
import { readdirSync, readFileSync } from 'node:fs';
import type { Client } from 'pg';

/** Microseconds of CPU of all threads of a process. */
export function cpuOf(pid: number): number | undefined {
  try {
    let nanoseconds = 0;
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      nanoseconds += Number(
        readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0],
      );
    }
    return nanoseconds / 1000;
  } catch {
    return undefined;
  }
}

/** Resident memory in bytes. */
export function memoryOf(pid: number): number | undefined {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
    return pages * 4096;
  } catch {
    return undefined;
  }
}

/** CPU of the backends that serve peers now, by process id. */
export async function backends(root: Client): Promise<number[]> {
  const { rows } = await root.query<{ pid: number }>(
    `select pid from pg_stat_activity
     where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()`,
  );
  return rows.map(({ pid }) => pid);
}

/** Microseconds between two snapshots. Backends that ended in between are not counted. */
export async function cpuOfBackends(root: Client): Promise<Map<number, number>> {
  const found = new Map<number, number>();
  for (const pid of await backends(root)) {
    const cpu = cpuOf(pid);
    if (cpu !== undefined) found.set(pid, cpu);
  }
  return found;
}

export function growth(
  before: Map<number, number>,
  after: Map<number, number>,
): number | undefined {
  if (after.size === 0) return undefined;
  let sum = 0;
  for (const [pid, cpu] of after) sum += cpu - (before.get(pid) ?? 0);
  return sum;
}

/** Microseconds of all backends that have ended, from the accounting of the postmaster. */
export async function cpuOfReaped(root: Client): Promise<number | undefined> {
  const { rows } = await root.query<{ pid: number }>('select pg_backend_pid() as pid');
  // A backend ends shortly after its client.
  await new Promise((resolve) => setTimeout(resolve, 100));
  try {
    const parent = fieldsOf(rows[0]?.pid ?? 0)[1];
    const fields = fieldsOf(Number(parent));
    // cutime and cstime, in clock ticks of 10 ms. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    return (Number(fields[13]) + Number(fields[14])) * 10_000;
  } catch {
    return undefined;
  }
}

/** Fields of /proc/<pid>/stat from the state on; the name before it may contain spaces. */
function fieldsOf(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}
