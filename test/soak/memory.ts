/**
 * One server in production with a heap of 512 MB (`--heap`) meets documents, people and variables that never
 * repeat. It must stay alive and use at most 188 MB more than its heap. Takes three to ten minutes.
 */
import { largeDocument, shapedRequest } from '../support/flood.ts';
import { heapMb } from './arguments.ts';
import { Target } from './target.ts';

/** Beside the heap: code, buffers, the young generation. 512 MB of heap: 700 MB in all. */
const BESIDE_HEAP_MB = 188;
const MOST_RESIDENT_MB = heapMb + BESIDE_HEAP_MB;
const DOCUMENTS = 900;
const SHAPES = 1000;
const PEOPLE = 20_000;
const FIRST_PERSON = 5000;
const IN_FLIGHT = 4;

const database = new Target();
await database.start();
const target = new Target({
  NODE_ENV: 'production',
  NODE_OPTIONS: `--max-old-space-size=${heapMb}`,
  AUTH_DATABASE_URL: database.authenticatorUrl,
  // Four documents with fifteen lists each take turns. Only the memory is judged, on a slow machine too.
  POOL_WAIT_MS: '60000',
  STATEMENT_TIMEOUT_MS: '60000',
});
await target.start();

let highest = 0;
async function sample(): Promise<string> {
  const { heap = 0, resident = 0 } = (await target.memory()) ?? {};
  highest = Math.max(highest, resident);
  return `heap ${toMb(heap)} MB, resident ${toMb(resident)} MB`;
}
const toMb = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);

async function ask(token: string, body: object): Promise<void> {
  const answer = await fetch(`${target.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  const { data } = (await answer.json()) as { data?: object };
  if (!data) throw new Error(`${answer.status} without data`);
}

/** `work` for 0 to `count - 1`, a few at a time. Returns how many ended well before the server died. */
async function flood(
  what: string,
  count: number,
  work: (n: number) => Promise<void>,
): Promise<number> {
  const since = performance.now();
  let next = 0;
  let served = 0;
  const worker = async (): Promise<void> => {
    while (next < count && target.ended === null) {
      const n = next++;
      const failed = await work(n).then(
        () => undefined,
        (error: Error) => error,
      );
      if (!failed) served++;
      else if (target.ended === null) console.log(`     ${what} ${n}: ${failed.message}`);
      if (n % 50 === 0) await sample();
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  const seconds = ((performance.now() - since) / 1000).toFixed(0);
  console.log(`     ${served} of ${count} ${what} in ${seconds} s: ${await sample()}`);
  return served;
}

const person = await target.token(FIRST_PERSON, 3600);
console.log(`     at the start: ${await sample()}`);
const served = [
  await flood('documents', DOCUMENTS, (n) => ask(person, { query: largeDocument(n) })),
  await flood('shapes of variables', SHAPES, (n) => ask(person, shapedRequest(n))),
  await flood('people', PEOPLE, async (n) =>
    ask(await target.token(FIRST_PERSON + n, 3600), { query: '{ me { id } }' }),
  ),
];
const all = served.every((count, i) => count === [DOCUMENTS, SHAPES, PEOPLE][i]);
const small = highest < MOST_RESIDENT_MB * 2 ** 20;
const how = target.ended === null ? 'alive' : `ended with ${target.ended}`;
console.log(`${all ? 'ok  ' : 'FAIL'} every request is answered; the server is ${how}`);
console.log(`${small ? 'ok  ' : 'FAIL'} at most ${toMb(highest)} MB resident`);
await target.end('SIGTERM');
await database.end('SIGTERM');
target.remove();
database.remove();
if (!all || !small) process.exitCode = 1;
