/**
 * One person sends the heaviest requests that are allowed, twelve at a time. Counted: the attacker's statements
 * in flight, as PostgreSQL sees them. Measured: the latency of another person as a ratio of their own quiet
 * latency, in alternating windows. A server without the limits shows that the bounds can fail. The attacker hangs up
 * at the end of a window. In the control the other person does too, after a time above the bound.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/graphql/execution/limits.ts';
import { useTestDatabase } from '../support/database.ts';
import { largeDocument } from '../support/flood.ts';
import { WHOLE_PROOFS } from '../support/proofs.ts';
import { UNLESS_BUSY } from '../support/retry.ts';
import { type TestServer, useTestServer } from '../support/server.ts';
import { createTask, errorOf } from '../support/tasks.ts';

const database = useTestDatabase();
const POOL = { poolSize: 5, poolQueue: 400 };
const MAX_CONCURRENT = 2;
/** As in production, where RATE_LIMIT_PER_MINUTE is 600. */
const limited = useTestServer(database, {
  ...POOL,
  maxConcurrent: MAX_CONCURRENT,
  requestsPerMinute: 600,
});
const turnsOnly = useTestServer(database, { ...POOL, maxConcurrent: MAX_CONCURRENT });
const unlimited = useTestServer(database, {
  ...POOL,
  limits: { ...DEFAULT_LIMITS, maxRows: 100_000, maxAnswerBytes: 2 ** 30 },
});
const counted = useTestServer(database, { requestsPerMinute: 20 });

const OTHER = 92;
/** Each attack is another person's: the points of the one before are spent. */
let lastAttacker = 100;
const TASKS = 1500;
const IN_FLIGHT = 12;
const REQUESTS = 5;
/** What the other person may notice. Two of five connections and a part of the CPU are the attacker's. */
const MOST_RATIO = 40;
/** The quiet requests are always answered. */
const LONG = 60_000;

const PAGE = '{ tasks { nodes { title } } }';
const searches = `{ ${Array.from({ length: 15 }, (_, i) => `s${i}: tasks(first: 1, condition: {search: "nothing ${i}"}) { totalCount }`).join(' ')} }`;
/** 5,000 rows with 23 nested tasks for each task, as many as MAX_ROWS allows. */
const largeAnswer = (nested: number): string =>
  `{ tasks(first: 200) { nodes { user { tasks(first: ${nested}) { nodes { id title } } } } } }`;
/** The same rows with their descriptions: 14 MB with 7 nested tasks, 46 MB with 23. MAX_ANSWER_BYTES is 16 MiB. */
const longTexts = (nested: number): string =>
  `{ tasks(first: 200) { nodes { user { tasks(first: ${nested}) { nodes { id title description } } } } } }`;

const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/** Each description has twelve times as many letters as `words`, at most 10,000. Returns the person's id. */
async function addAttacker(words = 300): Promise<number> {
  const id = ++lastAttacker;
  await createTask(unlimited, id, { title: 'first' });
  await database.privileged.query(
    `insert into public.task (user_id, title, description)
     select $1, 'task ' || n, repeat('lorem ipsum ', $3) from generate_series(1, $2::integer) as n`,
    [id, TASKS, words],
  );
  return id;
}

/** Milliseconds until the answer, and its status. A request that is given up has the status 0. */
async function timed(
  server: TestServer,
  authorization: string,
  query: string,
  signal: AbortSignal,
): Promise<{ ms: number; status: number }> {
  const since = performance.now();
  let status = 0;
  try {
    const answer = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization },
      body: JSON.stringify({ query }),
      signal,
    });
    await answer.arrayBuffer();
    status = answer.status;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return { ms: performance.now() - since, status };
}

/** Statements of the servers that run now, as PostgreSQL sees them. */
async function inFlight(): Promise<number> {
  const { rows } = await database.privileged.query<{ n: number }>(
    `select count(*)::integer as n from pg_stat_activity
     where datname = current_database() and application_name = 'rowguard' and state = 'active'
       and backend_type = 'client backend'`,
  );
  return rows[0]?.n ?? 0;
}

interface Felt {
  /** The other person's median beside the attack by their quiet median. */
  readonly ratio: number;
  /** Statements of the attacker at one time. */
  readonly most: number;
  /** Requests of the other person without an answer of 200. */
  readonly refused: number;
  /** Requests of the attacker by status. */
  readonly attack: ReadonlyMap<number, number>;
}

async function feel(
  server: TestServer,
  id: number,
  documents: (n: number) => string,
  { rounds, patient }: { rounds: number; patient: boolean },
): Promise<Felt> {
  const quiet: number[] = [];
  const beside: number[] = [];
  const seen: number[] = [];
  const attack = new Map<number, number>();
  let refused = 0;
  let n = 0;
  const attacker = `Bearer ${await server.token(id)}`;
  const other = `Bearer ${await server.token(OTHER)}`;
  const window = async (times: number[], patience: number): Promise<void> => {
    for (let i = 0; i < REQUESTS; i++) {
      const { ms, status } = await timed(server, other, PAGE, AbortSignal.timeout(patience));
      if (status !== 200) refused++;
      times.push(ms);
    }
  };
  await window([], LONG);
  for (let round = 0; round < rounds; round++) {
    await expect.poll(inFlight).toBe(0);
    await window(quiet, LONG);
    const hangUp = new AbortController();
    const flood = Array.from({ length: IN_FLIGHT }, async () => {
      while (!hangUp.signal.aborted) {
        const { status } = await timed(server, attacker, documents(n++), hangUp.signal);
        attack.set(status, (attack.get(status) ?? 0) + 1);
      }
    });
    for (let i = 0; i < 8; i++) {
      await sleep(25);
      seen.push(await inFlight());
    }
    await window(beside, patient ? LONG : Math.ceil(median(quiet) * MOST_RATIO * 1.2));
    hangUp.abort();
    await Promise.all(flood);
  }
  const most = Math.max(...seen);
  const felt = { ratio: median(beside) / median(quiet), most, refused, attack };
  console.log(
    `quiet ${median(quiet).toFixed(1)} ms, beside ${median(beside).toFixed(1)} ms:`,
    felt,
  );
  return felt;
}

interface Attack {
  readonly what: string;
  readonly server: TestServer;
  readonly documents: (n: number) => string;
  /** The statements of one request are long enough to be seen at the same time. */
  readonly inSql: boolean;
  /** Without the limits. */
  readonly unlimited: (n: number) => string;
  /** Length of the descriptions. */
  readonly words?: number;
}

const ATTACKS: Attack[] = [
  {
    what: 'documents of 5 kB that never repeat',
    server: limited,
    inSql: true,
    documents: largeDocument,
    unlimited: largeDocument,
  },
  {
    what: 'fifteen searches in each document',
    server: turnsOnly,
    inSql: true,
    documents: () => searches,
    unlimited: () => searches,
  },
  {
    what: 'small documents with large answers',
    server: limited,
    inSql: false,
    documents: () => largeAnswer(23),
    unlimited: () => largeAnswer(200),
  },
  {
    what: 'small documents with long texts in their answers',
    server: limited,
    inSql: false,
    documents: () => longTexts(7),
    unlimited: () => longTexts(7),
    words: 833,
  },
  {
    what: 'answers that are refused at their size',
    server: limited,
    inSql: false,
    documents: () => longTexts(23),
    unlimited: () => longTexts(10),
    words: 833,
  },
];

describe.each(ATTACKS)('beside a flood of $what', (attack) => {
  let attacker: number | undefined;

  test('another person is served', UNLESS_BUSY, async () => {
    // A new one for each try.
    attacker = await addAttacker(attack.words);
    const { ratio, most, refused } = await feel(attack.server, attacker, attack.documents, {
      rounds: WHOLE_PROOFS ? 3 : 2,
      patient: true,
    });
    expect(most).toBeLessThanOrEqual(MAX_CONCURRENT);
    expect(refused).toBe(0);
    expect(ratio).toBeLessThan(MOST_RATIO);
  });

  test('the control: without the limits that person waits', UNLESS_BUSY, async () => {
    attacker ??= await addAttacker(attack.words);
    const { ratio, most } = await feel(unlimited, attacker, attack.unlimited, {
      rounds: 1,
      patient: false,
    });
    if (attack.inSql) expect(most).toBeGreaterThan(MAX_CONCURRENT);
    expect(ratio).toBeGreaterThan(MOST_RATIO);
  });
});

test('a document of fifteen lists counts fifteen points, an ordinary page one', async () => {
  const page = '{ me { tasks(first: 200) { totalCount nodes { id title completed } } } }';
  expect((await counted.ask(OTHER, searches)).status).toBe(200);
  for (let i = 0; i < 2; i++) expect((await counted.ask(OTHER, page)).status).toBe(200);
  const refused = await counted.ask(OTHER, largeDocument(1));
  expect(refused.status).toBe(429);
  expect(errorOf(refused)[0]).toBe('UNAVAILABLE');
  expect(refused.body.errors[0].extensions.reason).toBe('RATE_LIMITED');
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await counted.ask(OTHER, page)).status, 'the refused points were not counted').toBe(200);
});

test('the small document with a large answer is refused', async () => {
  const query =
    '{ tasks(first: 200) { nodes { user { tasks(first: 200) { nodes { id title } } } } } }';
  expect(errorOf(await limited.ask(OTHER, query))[0]).toBe('TOO_COMPLEX');
});
