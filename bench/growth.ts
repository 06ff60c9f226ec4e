/**
 * Growth: the cost of a request against the number of tasks (of all accounts, of one account), start time,
 * and memory over many requests. Takes the choice, prints tables and writes them with --write.
 */
import type { Client } from 'pg';
import type { Choice } from './arguments.ts';
import { ours } from './dialects.ts';
import { OURS, PEERS } from './peers.ts';
import { type GrowthFindings, growthReport } from './report/growth.ts';
import { pageBuffers } from './support/buffers.ts';
import type { Child } from './support/child.ts';
import { cpuOf, cpuOfBackends, growth, memoryOf } from './support/cpu.ts';
import { type LoadRequest, load } from './support/load.ts';
import { seedAccount, seedCrowd, settle } from './support/seed.ts';
import { type Stage, withStage } from './support/stage.ts';
import { spread } from './support/statistics.ts';
import { CONNECTIONS } from './workloads.ts';

const TASKS_EACH = 100;
const FIRST_STEP = 10_000;
/** Tasks of one account. */
const ACCOUNTS = [1, 50, 1000, 20_000, 200_000];
/** Different people in the requests of one step. */
const PEOPLE_ASKED = 256;
const PARTS = 5;

/** Twenty million tasks with their indexes have some 3 GB, so they fit. */
const SHARED_BUFFERS = '4GB';
/** V8 compiles for more than ten thousand requests; costOf() sends eight times this number. */
const WARM_UP = 1500;

const say = (line: string): void => console.log(line);

export async function runGrowth(choice: Choice): Promise<void> {
  const findings = await withStage(
    (stage, interrupted) => grow(stage, choice, interrupted),
    SHARED_BUFFERS,
  );
  growthReport(findings, choice.write, say);
}

async function grow(
  stage: Stage,
  choice: Choice,
  interrupted: AbortSignal,
): Promise<GrowthFindings> {
  const began = new Date();
  const many = choice.quick ? 600 : 1500;
  const steps: GrowthFindings['steps'][number][] = [];
  let people = 0;
  for (const tasks of sizes(choice.tasks)) {
    interrupted.throwIfAborted();
    const from = performance.now();
    const more = tasks / TASKS_EACH - people;
    await seedCrowd(stage.root, { people: more, tasks: more * TASKS_EACH, after: people });
    people += more;
    await settle(stage.root);
    say(`${tasks} tasks of ${people} people, made in ${seconds(from)} s`);
    const { child, bootMs } = await boot(stage);
    try {
      const asked = Array.from(
        { length: PEOPLE_ASKED },
        () => 1 + Math.floor(Math.random() * people),
      );
      if (!choice.quick) await costOf(stage, child, asked, WARM_UP);
      const cost = await costOf(stage, child, asked, many);
      const buffers = await pageBuffers(stage.urls.authenticator, asked.slice(0, 20));
      steps.push({ tasks, people, bootMs, ...cost, buffers });
    } finally {
      await child.stop();
    }
  }

  const base = people;
  for (const [i, tasks] of ACCOUNTS.entries()) await seedAccount(stage.root, base + 1 + i, tasks);
  await settle(stage.root);
  const { child } = await boot(stage);
  try {
    const accounts: GrowthFindings['accounts'][number][] = [];
    // Warm-up, so that the first account's figures do not contain V8's compilation.
    await costOf(stage, child, [1], choice.quick ? many : WARM_UP);
    for (const [i, tasks] of ACCOUNTS.entries()) {
      interrupted.throwIfAborted();
      const person = [base + 1 + i];
      const cost = await costOf(stage, child, person, many);
      const buffers = await pageBuffers(stage.urls.authenticator, person);
      accounts.push({
        tasks,
        ...cost,
        buffers,
        deepBuffers: await deepBuffers(stage, base + 1 + i),
      });
    }
    const memory = await memoryOver({
      stage,
      child,
      requests: choice.requests,
      people,
      interrupted,
    });
    return { began, sharedBuffers: SHARED_BUFFERS, steps, accounts, memory };
  } finally {
    await child.stop();
  }
}

/** Steps of factor ten up to `last`. */
function sizes(last: number): number[] {
  const found: number[] = [];
  for (let size = FIRST_STEP; size < last; size *= 10) found.push(size);
  return [...found, Math.max(FIRST_STEP, Math.floor(last / TASKS_EACH) * TASKS_EACH)];
}

async function boot(stage: Stage): Promise<{ child: Child; bootMs: number }> {
  const server = PEERS.find(({ name }) => name === OURS);
  if (!server) throw new Error('Rowguard is not in the list of peers');
  const from = performance.now();
  const child = await server.start(stage, (url) => url);
  return { child, bootMs: performance.now() - from };
}

async function costOf(stage: Stage, child: Child, people: readonly number[], amount: number) {
  const url = `http://127.0.0.1:${child.port}`;
  const requests = await newestOf(stage, people);
  const send = (count: number) => load({ who: 'Rowguard', url, requests, amount: count });
  await send(3 * amount);
  const server: (number | undefined)[] = [];
  const database: (number | undefined)[] = [];
  for (let part = 0; part < PARTS; part++) {
    const backends = await cpuOfBackends(stage.root);
    const before = cpuOf(child.pid);
    const { requests: done } = await send(amount);
    const after = cpuOf(child.pid);
    const used = growth(backends, await cpuOfBackends(stage.root));
    server.push(before === undefined || after === undefined ? undefined : (after - before) / done);
    database.push(used === undefined ? undefined : used / done);
  }
  return { serverCpu: spread(server), databaseCpu: spread(database) };
}

/** One request per person, spread over the connections. */
async function newestOf(stage: Stage, people: readonly number[]): Promise<LoadRequest[][]> {
  const lists: LoadRequest[][] = Array.from({ length: CONNECTIONS }, () => []);
  const dealt = people.length < CONNECTIONS ? Array(CONNECTIONS).fill(people[0]) : people;
  for (const [i, userId] of dealt.entries()) {
    lists[i % CONNECTIONS]?.push({
      ...ours.ask({ kind: 'newest' }),
      headers: {
        authorization: `Bearer ${await stage.token(userId)}`,
        'content-type': 'application/json',
      },
    });
  }
  return lists;
}

/** Buffers of a page near the end of an account. */
async function deepBuffers(stage: Stage, userId: number): Promise<number> {
  const id = await idNearTheEnd(stage.root, userId);
  return pageBuffers(stage.urls.authenticator, [userId], id);
}

async function idNearTheEnd(root: Client, userId: number): Promise<number> {
  const { rows } = await root.query<{ id: number }>(
    'select id + 1 as id from (select id from public.task where user_id = $1 order by id limit 60) as t order by id desc limit 1',
    [userId],
  );
  return rows[0]?.id ?? 0;
}

async function memoryOver(options: {
  readonly stage: Stage;
  readonly child: Child;
  readonly requests: number;
  readonly people: number;
  readonly interrupted: AbortSignal;
}) {
  const { stage, child, requests, people, interrupted } = options;
  const url = `http://127.0.0.1:${child.port}`;
  const asked = Array.from({ length: 2000 }, () => 1 + Math.floor(Math.random() * people));
  const lists = await newestOf(stage, asked);
  const curve: { requests: number; bytes: number | undefined }[] = [];
  const part = Math.ceil(requests / 10);
  for (let sent = 0; sent < requests; sent += part) {
    interrupted.throwIfAborted();
    await load({ who: 'Rowguard', url, requests: lists, amount: part });
    curve.push({ requests: sent + part, bytes: memoryOf(child.pid) });
    say(`${sent + part} requests, ${Math.round((memoryOf(child.pid) ?? 0) / 2 ** 20)} MiB`);
  }
  return curve;
}

const seconds = (from: number): string => ((performance.now() - from) / 1000).toFixed(0);
