/**
 * Many rows at once: 100 tasks created by one mutation, against 100 requests that create one task each, in turns
 * on one server. Takes the choice, prints the cost of a row and the ratios, and writes them with --write.
 */
import { loadavg } from 'node:os';
import type { Choice } from './arguments.ts';
import { OURS, PEERS } from './peers.ts';
import { markdown, range } from './report/table.ts';
import { writeSection } from './report/write.ts';
import { cpuOf, cpuOfBackends, growth } from './support/cpu.ts';
import { type LoadRequest, load } from './support/load.ts';
import { seedCrowd, settle } from './support/seed.ts';
import { type Stage, withStage } from './support/stage.ts';
import { shuffled, spread } from './support/statistics.ts';
import { CONNECTIONS, CROWD } from './workloads.ts';

const ROWS = 100;
const FIELDS = 'id title completed createdAt updatedAt';
const say = (line: string): void => console.log(line);

type Way = 'one' | 'many';

/** Of one created row. */
interface Cost {
  readonly milliseconds: number;
  /** Microseconds of server and PostgreSQL; undefined without /proc. */
  readonly cpu: number | undefined;
}

export async function runBulk(choice: Choice): Promise<void> {
  const costs = await withStage((stage, signal) => measureBulk(stage, choice, signal));
  const text = report(costs);
  say(`\n${text}`);
  if (choice.write) writeSection('performance', 'bulk', text);
}

async function measureBulk(stage: Stage, choice: Choice, signal: AbortSignal) {
  const server = PEERS.find(({ name }) => name === OURS);
  if (!server) throw new Error('Rowguard is not in the list of peers');
  await seedCrowd(stage.root, CROWD);
  await settle(stage.root);
  const child = await server.start(stage, (url) => url);
  try {
    const url = `http://127.0.0.1:${child.port}`;
    const requests = { one: await requestsOf(stage, one()), many: await requestsOf(stage, many()) };
    const bulks = choice.quick ? 16 : 64;
    const send = (way: Way) =>
      load({
        who: 'Rowguard',
        url,
        requests: requests[way],
        amount: way === 'one' ? bulks * ROWS : bulks,
      });
    for (const way of ['one', 'many', 'many'] as const) await send(way);
    const costs: Record<Way, Cost>[] = [];
    for (let round = 0; round < choice.rounds; round++) {
      const found: Partial<Record<Way, Cost>> = {};
      for (const way of shuffled<Way>(['one', 'many'])) {
        signal.throwIfAborted();
        const backends = await cpuOfBackends(stage.root);
        const before = cpuOf(child.pid);
        const { seconds } = await send(way);
        const after = cpuOf(child.pid);
        const used = growth(backends, await cpuOfBackends(stage.root));
        const rows = bulks * ROWS;
        const known = before !== undefined && after !== undefined && used !== undefined;
        found[way] = {
          milliseconds: (seconds * 1000) / rows,
          cpu: known ? (after - before + used) / rows : undefined,
        };
      }
      costs.push(found as Record<Way, Cost>);
      say(`  round ${round + 1} of ${choice.rounds}`);
    }
    return costs;
  } finally {
    await child.stop();
  }
}

const title = (i: number): string => `Task ${i} of a list of things to do`;

const one = () => ({
  query: `mutation ($title: String!) { createTask(input: { task: { title: $title } }) { task { ${FIELDS} } } }`,
  variables: { title: title(1) },
});

const many = () => ({
  query: `mutation ($tasks: [TaskInput!]!) { createTasks(input: { tasks: $tasks }) { tasks { ${FIELDS} } } }`,
  variables: { tasks: Array.from({ length: ROWS }, (_, i) => ({ title: title(i) })) },
});

/** The same request on each connection, from a person of its own. */
async function requestsOf(stage: Stage, body: object): Promise<LoadRequest[][]> {
  return Promise.all(
    Array.from({ length: CONNECTIONS }, async (_, i) => [
      {
        method: 'POST' as const,
        path: '/graphql',
        headers: {
          authorization: `Bearer ${await stage.token(i + 1)}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify(body),
      },
    ]),
  );
}

function report(costs: readonly Record<Way, Cost>[]): string {
  const [busy = 0] = loadavg();
  const ratio = (of: (cost: Cost) => number | undefined) =>
    spread(costs.map(({ one, many }) => (of(one) ?? Number.NaN) / (of(many) ?? Number.NaN)));
  const each = (way: Way, of: (cost: Cost) => number | undefined) =>
    range(spread(costs.map((cost) => of(cost[way]))));
  const cpu = ({ cpu }: Cost) => cpu;
  const time = ({ milliseconds }: Cost) => milliseconds;
  const target = ({ median = 0 } = {}) => (median >= 10 ? 'yes' : '**no**');
  const [byCpu, byTime] = [ratio(cpu), ratio(time)];
  return [
    `Load average ${busy.toFixed(1)} at the end; ${costs.length} rounds.`,
    markdown([
      [
        'one created task',
        `in a request of its own`,
        `in a mutation of ${ROWS}`,
        'ratio',
        'at least 10',
      ],
      [
        'CPU of server and database, µs',
        each('one', cpu),
        each('many', cpu),
        range(byCpu),
        target(byCpu),
      ],
      [
        'time over 8 connections, ms',
        each('one', time),
        each('many', time),
        range(byTime),
        target(byTime),
      ],
    ]),
  ].join('\n\n');
}
