/**
 * CPU time of processes from Linux's own accounting, in nanoseconds of the scheduler; elsewhere there is
 * none, and nothing is made up.
 */
import { readdirSync, readFileSync } from 'node:fs';
import type { Client } from 'pg';

/** Microseconds that all threads of a process have run; undefined where that can not be known. */
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

/** The backends that serve peers now; pools come and go, so it is asked each time. */
export async function backends(root: Client): Promise<number[]> {
  const { rows } = await root.query<{ pid: number }>(
    `select pid from pg_stat_activity
     where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()`,
  );
  return rows.map(({ pid }) => pid);
}

/** Microseconds of the backends that are there; one that has gone since counts nothing. */
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

/** Microseconds of all backends that have ended: their parent, the postmaster, keeps the account. */
export async function cpuOfReaped(root: Client): Promise<number | undefined> {
  const { rows } = await root.query<{ pid: number }>('select pg_backend_pid() as pid');
  // A backend is gone a moment after its client.
  await new Promise((resolve) => setTimeout(resolve, 100));
  try {
    const parent = fieldsOf(rows[0]?.pid ?? 0)[1];
    const fields = fieldsOf(Number(parent));
    // cutime and cstime, in the hundredths of a second that Linux gives to programs.
    return (Number(fields[13]) + Number(fields[14])) * 10_000;
  } catch {
    return undefined;
  }
}

/** Of /proc/<pid>/stat, from the state on; the name before it may hold spaces. */
function fieldsOf(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}
