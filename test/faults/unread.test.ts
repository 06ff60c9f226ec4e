/**
 * Large answers that nobody reads. One person opens forty connections and reads none of the answers: the memory of
 * the process stays bounded and another person is served. A client that takes no byte is disconnected, a slow
 * reader is not.
 */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { signToken } from '../../src/identity/issuer.ts';
import { useTestDatabase } from '../support/database.ts';
import { runScript } from '../support/process.ts';
import { WHOLE_PROOFS } from '../support/proofs.ts';
import { UNLESS_BUSY } from '../support/retry.ts';
import { useTestServer } from '../support/server.ts';
import { createTask, dataOf, errorOf } from '../support/tasks.ts';

const database = useTestDatabase();
const UNREAD_MS = 2000;
/** People whose connections ended before their answer was sent. */
const gone: unknown[] = [];
const server = useTestServer(database, {
  poolWaitMs: 500,
  maxConcurrent: 1,
  unreadMs: UNREAD_MS,
  requestEnded: ({ outcome, userId }) => {
    if (outcome === 'CLIENT_GONE') gone.push(userId);
  },
});
const counted = useTestServer(database, {
  poolWaitMs: 30_000,
  maxConcurrent: 2,
  requestsPerMinute: 200,
});

const ROWS = 199;
/** Four bytes each, so that a page of 200 tasks has 8 MB: more than the buffers of a connection take. */
const LONG = '😀'.repeat(10_000);
const query = '{ tasks(first: 200) { nodes { description } } }';
const ANSWER_MB = (ROWS * 40_000) / 2 ** 20;

let last = 300;

async function addPerson(create: (id: number) => Promise<unknown>): Promise<number> {
  const id = ++last;
  await create(id);
  await database.privileged.query(
    `insert into public.task (user_id, title, description)
     select $1, 'task ' || n, $3 from generate_series(1, $2::integer) as n`,
    [id, ROWS, LONG],
  );
  return id;
}

/** Sends the request and reads nothing. */
function askUnread(url: string, token: string): Socket {
  const body = JSON.stringify({ query });
  const head = [
    'POST /graphql HTTP/1.1',
    'Host: x',
    `Authorization: Bearer ${token}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
  ];
  const socket = connect(Number(new URL(url).port), '127.0.0.1', () =>
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`),
  );
  socket.pause();
  socket.on('error', () => {});
  onTestFinished(() => {
    socket.destroy();
  });
  return socket;
}

/** Leaves forty answers unread. Returns by how many answers of text the process has grown. */
async function growth(env: Record<string, string>): Promise<number> {
  const secret = randomBytes(32);
  const party = {
    issuer: 'https://issuer.test',
    audience: 'rowguard-test',
    userIdClaim: 'user_id',
  };
  const started = runScript('src/main.ts', [], {
    AUTH_DATABASE_URL: database.urls.authenticator,
    JWT_SECRET: secret.toString('base64url'),
    JWT_ISSUER: party.issuer,
    JWT_AUDIENCE: party.audience,
    RATE_LIMIT_PER_MINUTE: '0',
    LOG_LEVEL: 'warn',
    ...env,
  });
  const [, url = ''] = await started.until(/POST (http:\S+)\/graphql/);
  const key = new TextEncoder().encode(secret.toString('base64url'));
  const tokenOf = (userId: number) =>
    signToken({ ...party, secret: key }, { userId, email: `unread${userId}@example.com` }, 600);
  const ask = async (id: number): Promise<number> => {
    const answer = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${await tokenOf(id)}` },
      body: JSON.stringify({ query: '{ me { id } }' }),
    });
    await answer.json();
    return answer.status;
  };
  const resident = async (): Promise<number> => {
    const metrics = await (await fetch(`${url}/metrics`)).text();
    return Number(/^process_resident_memory_bytes (\S+)/m.exec(metrics)?.[1]) / 2 ** 20;
  };
  const attacker = await addPerson(ask);
  const other = ++last;
  expect(await ask(other)).toBe(200);
  const before = await resident();
  const token = await tokenOf(attacker);
  for (let i = 0; i < 40; i++) askUnread(url, token);
  let most = before;
  for (let i = 0; i < 20; i++) {
    expect(await ask(other)).toBe(200);
    most = Math.max(most, await resident());
    await sleep(200);
  }
  const answers = (most - before) / ANSWER_MB;
  console.log(
    `${before.toFixed(0)} MB before, ${most.toFixed(0)} MB at most: ${answers.toFixed(1)} answers`,
  );
  return answers;
}

/** Four answers as rows, text and JSON, and what the process keeps for later. */
const MOST_ANSWERS = 25;

test('forty unread answers do not fill the memory, and another person is served', async () => {
  expect(await growth({ MAX_CONCURRENT: '4' })).toBeLessThan(MOST_ANSWERS);
});

test.runIf(WHOLE_PROOFS)('the control: with forty places they do', async () => {
  expect(await growth({ MAX_CONCURRENT: '40', POOL_SIZE: '41' })).toBeGreaterThan(MOST_ANSWERS);
});

test(
  'a client that takes no byte is disconnected, and its place is free again',
  UNLESS_BUSY,
  async () => {
    const who = await addPerson((id) => createTask(server, id, { title: 'first' }));
    const small = async () => (await server.ask(who, '{ me { id } }')).status;
    askUnread(server.url, await server.token(who));
    // The one place of this person is taken, so the request waits in vain.
    await expect.poll(small, { timeout: 5000 }).toBe(503);
    expect((await server.ask(++last, '{ me { id } }')).status).toBe(200);
    await expect.poll(small, { timeout: 10_000 }).toBe(200);
    expect(gone).toContain(who);
  },
);

test('a client that reads slowly gets its whole answer', UNLESS_BUSY, async () => {
  const who = await addPerson((id) => createTask(server, id, { title: 'first' }));
  const socket = askUnread(server.url, await server.token(who));
  const since = performance.now();
  let bytes = 0;
  let tail = '';
  for (let i = 0; i < 400 && !tail.endsWith('}]}}}'); i++) {
    await sleep(50);
    for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) {
      bytes += chunk.length;
      tail = chunk.subarray(-5).toString();
    }
  }
  expect(tail).toBe('}]}}}');
  expect(bytes / 2 ** 20).toBeGreaterThan(ANSWER_MB);
  expect(performance.now() - since).toBeGreaterThan(UNREAD_MS);
});

test('after a few of the largest answers a person gets 429, also for requests that wait', async () => {
  const who = await addPerson((id) => createTask(counted, id, { title: 'first' }));
  const token = `Bearer ${await counted.token(who)}`;
  const asked = Array.from({ length: 12 }, async () => (await counted.ask(token, query)).status);
  const statuses = await Promise.all(asked);
  const served = statuses.filter((status) => status === 200).length;
  // 80 points each, two at a time: the third reaches 200, and the fourth has begun before the third has ended.
  expect(served).toBeGreaterThanOrEqual(3);
  expect(served).toBeLessThanOrEqual(4);
  expect(new Set(statuses)).toEqual(new Set([200, 429]));
  expect(dataOf(await counted.ask(++last, '{ me { id } }'))).toBeDefined();
  const refused = await counted.ask(token, '{ me { id } }');
  expect(errorOf(refused)[0]).toBe('UNAVAILABLE');
  expect(refused.body.errors[0].extensions.reason).toBe('RATE_LIMITED');
});
