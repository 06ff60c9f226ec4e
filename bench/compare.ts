/**
 * The comparison: all peers run at the same time on one database and are measured in turns, in a new order
 * each round. First beside the database, then with added network delay. Takes the choice, prints the
 * table and writes it with --write.
 */
import { loadavg } from 'node:os';
import type { Choice } from './arguments.ts';
import { join as joinCast, type Player, proveEqual } from './cast.ts';
import { loginPages } from './direct.ts';
import type { Findings } from './findings.ts';
import { type Cell, measure, warmUp } from './measure.ts';
import { OURS, PEERS } from './peers.ts';
import { pgbenchCells } from './pgbench.ts';
import { report } from './report/report.ts';
import { seedAccount, seedCrowd, settle } from './support/seed.ts';
import { type Stage, withStage } from './support/stage.ts';
import { shuffled } from './support/statistics.ts';
import { openWire, type Wire } from './support/wire.ts';
import { tokenCosts } from './token.ts';
import { CROWD, LARGE_ACCOUNT, newestIds, WORKLOADS, type Workload } from './workloads.ts';

const say = (line: string): void => console.log(line);

export async function runComparison(choice: Choice): Promise<void> {
  const findings = await withStage((stage, interrupted) => compare(stage, choice, interrupted));
  await report(findings, choice.write, say);
}

async function compare(stage: Stage, choice: Choice, signal: AbortSignal): Promise<Findings> {
  const began = new Date();
  const { only, quick, rounds } = choice;
  const seconds = quick ? 0.5 : 0.8;
  const names = [...PEERS.map(({ name }) => name), 'pgbench'];
  const unknown = only.filter((name) => ![...names, ...WORKLOADS].includes(name));
  if (unknown.length > 0) {
    throw new Error(
      `There is no peer or workload ${unknown}. Names: ${[...names, ...WORKLOADS].join(', ')}`,
    );
  }
  const peers = PEERS.filter(({ name }) => name === OURS || chosen(only, name, names));
  const workloads = WORKLOADS.filter((name) => chosen(only, name, WORKLOADS));
  say(`Making ${CROWD.tasks} tasks of ${CROWD.people} people, and ${LARGE_ACCOUNT.tasks} of one …`);
  await seedCrowd(stage.root, CROWD);
  await seedAccount(stage.root, LARGE_ACCOUNT.userId, LARGE_ACCOUNT.tasks);
  await settle(stage.root);
  const newest = await newestIds(stage.root);
  const tokens = new Map<number, string>();
  for (let id = 1; id <= LARGE_ACCOUNT.userId; id++) tokens.set(id, await stage.token(id));

  const leftOut: string[] = [];
  const cells: Cell[] = [];
  const loads: number[] = [];
  const cast = async (through: (url: string) => string): Promise<Player[]> => {
    const players: Player[] = [];
    const options = { stage, workloads, tokens, newest, through };
    try {
      let admitted = false;
      for (const peer of peers) {
        // Rowguard's own peers come first: it refuses to start once this login has its rights.
        if (!admitted && !peer.name.startsWith(OURS)) {
          await stage.admitPlainLogin();
          admitted = true;
        }
        const player = await joinCast(peer, options);
        if (typeof player === 'string') {
          if (!leftOut.includes(`${peer.title}: ${player}`))
            leftOut.push(`${peer.title}: ${player}`);
        } else players.push(player);
      }
      if (!admitted) await stage.admitPlainLogin();
      return players;
    } catch (error) {
      for (const { child } of players) await child.stop();
      throw error;
    }
  };
  const perform = async (
    players: readonly Player[],
    what: readonly Workload[],
    { times, seconds, delayMs }: { times: number; seconds: number; delayMs: number },
  ) => {
    for (let round = 1; round <= times; round++) {
      for (const workload of shuffled(what)) {
        for (const player of shuffled(players)) {
          signal.throwIfAborted();
          cells.push(await measure(stage.root, player, { workload, delayMs, round, seconds }));
        }
      }
      if (delayMs === 0 && chosen(only, 'pgbench', names)) {
        cells.push(...(await pgbenchCells(stage, what, { round, seconds }, leftOut)));
      }
      loads.push(loadavg()[0] ?? 0);
      say(`  round ${round} of ${times}${delayMs ? `, ${delayMs} ms from the database` : ''}`);
    }
  };

  say('Starting the peers …');
  const near = await cast((url) => url);
  let bytes: ReadonlyMap<string, number>;
  try {
    for (const reason of leftOut) say(`  left out: ${reason}`);
    bytes = await proveEqual(near, workloads);
    say('All peers give the same answers. Warming up …');
    for (const player of near) {
      for (const workload of workloads) {
        await warmUp(player, workload, (quick ? 0.3 : 1) * (workload === 'newest' ? 4 : 1));
      }
    }
    say('Measuring …');
    await perform(near, workloads, { times: rounds, seconds, delayMs: 0 });
  } finally {
    for (const { child } of near) await child.stop();
  }

  await stage.dismissPlainLogin();
  const login = await loginPages(stage, rounds);
  const wire: Wire = await openWire(stage.urls.authenticator);
  const roundTrips = new Map<string, number>();
  const far = await cast((url) => wire.url(url)).catch(async (error: unknown) => {
    await wire.stop();
    throw error;
  });
  try {
    for (const player of far) {
      for (const workload of workloads) {
        const count = await wire.roundTrips(player, workload);
        roundTrips.set(`${player.peer.name} ${workload}`, count);
      }
    }
    const distant = workloads.filter((name) => name === 'newest');
    for (const player of far) {
      for (const workload of distant) await warmUp(player, workload, quick ? 1.2 : 4);
    }
    for (const delayMs of [1, 5]) {
      await wire.delay(delayMs);
      await perform(far, distant, { times: rounds, seconds, delayMs });
    }
  } finally {
    for (const { child } of far) await child.stop();
    await wire.stop();
  }
  const { rows } = await stage.root.query<{ server_version: string }>('show server_version');
  const postgres = rows[0]?.server_version ?? '';
  return {
    began,
    rounds,
    quick,
    peers,
    workloads,
    cells,
    roundTrips,
    bytes,
    token: await tokenCosts(stage),
    login,
    leftOut,
    load: loads,
    postgres,
  };
}

/** --only may name peers, workloads or both. Without a name of one kind, that kind is not restricted. */
function chosen(only: readonly string[], name: string, all: readonly string[]): boolean {
  return !all.some((one) => only.includes(one)) || only.includes(name);
}
