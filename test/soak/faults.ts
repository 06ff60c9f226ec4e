/**
 * `npm run soak -- --minutes 10`: people write while the server and its database are killed over and
 * over; then it is checked that what was acknowledged is stored, that what is stored was asked for, that
 * nobody got anything of somebody else's, and that memory and connections are back where they were.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Writer } from '../support/writer.ts';
import { minutes } from './arguments.ts';
import { Target } from './target.ts';

const PEOPLE = 8;
const FIRST_ID = 1000;
/** Between two faults, in milliseconds. */
const PAUSE_MS = 8000;
/** The pool closes connections that were not used for ten seconds. */
const IDLE_MS = 15_000;
const MOST_IDLE_CONNECTIONS = 2;
const MOST_GROWTH = 1.3;

const problems: string[] = [];
const check = (holds: boolean, sentence: string): void => {
  console.log(`${holds ? 'ok  ' : 'FAIL'} ${sentence}`);
  if (!holds) problems.push(sentence);
};

const target = new Target();
await target.start();
const writers = new Map<number, Writer>();
for (let id = FIRST_ID; id < FIRST_ID + PEOPLE; id++) {
  const token = await target.token(id, Math.ceil(minutes * 60) + 3600);
  writers.set(id, new Writer(target.url, token, `soak ${id}`));
}

const begin = Date.now();
const elapsed = (): number => (Date.now() - begin) / (minutes * 60_000);
for (const writer of writers.values()) writer.run(20);
console.log(`${PEOPLE} people write to ${target.url} for ${minutes} minutes …`);

// The server itself is killed in the first half only: memory is compared within one process's life.
const faults: [what: string, until: number, work: () => Promise<void> | void][] = [
  ['kill -9 of a backend', 1, () => target.killBackend()],
  ['kill -9 of the database', 1, () => target.killDatabase()],
  ['SIGTERM of the server', 0.4, () => target.end('SIGTERM').then(() => target.start())],
  ['kill -9 of the server', 0.4, () => target.end('SIGKILL').then(() => target.start())],
];
const samples: { at: number; heap: number; resident: number }[] = [];
const sample = async (): Promise<void> => {
  while (elapsed() < 1) {
    const memory = await target.memory();
    if (memory) samples.push({ at: elapsed(), ...memory });
    await sleep(500);
  }
};
const sampling = sample();
const made = new Map<string, number>();
for (let i = 0; elapsed() < 1; i++) {
  const [what, until, work] = faults[i % faults.length] ?? faults[0] ?? [];
  if (what && work && elapsed() < (until ?? 1) * 0.95) {
    await work();
    made.set(what, (made.get(what) ?? 0) + 1);
  }
  await sleep(PAUSE_MS);
}
await sampling;
for (const writer of writers.values()) await writer.stop();
while (!(await target.ready())) await sleep(500);

for (const [what, count] of made) console.log(`     ${count} × ${what}`);
const total = { attempted: 0, acknowledged: 0, stored: 0, lost: 0, unasked: 0, foreign: 0 };
const outcomes = new Map<string, number>();
for (const [id, writer] of writers) {
  const { rows } = await target.asRoot((root) =>
    root.query<{ title: string }>('select title from public.task where user_id = $1', [id]),
  );
  const stored = rows.map(({ title }) => title);
  const kept = new Set(stored);
  total.attempted += writer.attempted.size;
  total.acknowledged += writer.acknowledged.size;
  total.stored += stored.length;
  total.lost += [...writer.acknowledged].filter((title) => !kept.has(title)).length;
  // A title that was stored twice is one that was not asked for either.
  total.unasked += stored.length - [...kept].filter((title) => writer.attempted.has(title)).length;
  const seen = await writer.everything();
  total.foreign += seen.filter((title) => !kept.has(title)).length;
  if (seen.length !== stored.length)
    problems.push(`person ${id} sees ${seen.length} of ${stored.length}`);
  for (const [outcome, count] of writer.outcomes) {
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + count);
  }
}
console.log(`     ${JSON.stringify(total)}`);
console.log(`     answers: ${JSON.stringify(Object.fromEntries(outcomes))}`);
check(total.acknowledged > 0, 'something was acknowledged');
check(total.lost === 0, 'everything acknowledged is stored');
check(total.unasked === 0, 'everything stored was asked for, once');
check(total.foreign === 0, "nobody sees anybody else's rows");

/** The least there was is what was left after a garbage collection: what is alive. */
const alive = (from: number, to: number): number =>
  Math.min(...samples.filter(({ at }) => at >= from && at < to).map(({ heap }) => heap));
const [middle, end] = [alive(0.5, 0.75), alive(0.75, 2)];
const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MB`;
check(
  end <= middle * MOST_GROWTH,
  `memory is flat: ${megabytes(middle)} of live objects in the third quarter, ${megabytes(end)} in the last`,
);
console.log(
  `     the whole process had at most ${megabytes(Math.max(...samples.map(({ resident }) => resident)))}`,
);
await sleep(IDLE_MS);
const left = (await target.backends()).length;
check(left <= MOST_IDLE_CONNECTIONS, `connections are back to base: ${left}`);

await target.end('SIGTERM');
target.remove();
process.exitCode = problems.length > 0 ? 1 : 0;
