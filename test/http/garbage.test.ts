/**
 * What a request has made is gone when its answer is sent: the quick collections of V8's young objects find it,
 * and nothing of it has to wait for a full one. Measured in bytes, which no busy machine can change.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeAll, expect, test } from 'vitest';
import { useTestDatabase } from '../support/database.ts';
import { addTask, addUser } from '../support/people.ts';
import { WHOLE_PROOFS } from '../support/proofs.ts';
import { useTestServer } from '../support/server.ts';

const database = useTestDatabase();
const server = useTestServer(database);

beforeAll(async () => {
  await addUser(database.privileged, 1);
  for (let i = 0; i < 50; i++) await addTask(database.privileged, 1, `Task ${i}`);
});

setFlagsFromString('--expose-gc');
// V8 also learns which allocations survive, and makes those old from the start: by chance, in one run of fifteen.
setFlagsFromString('--no-allocation-site-pretenuring');
const collect = runInNewContext('gc') as (options: { type: 'minor' | 'major' }) => void;

const old = (): number =>
  getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space')?.space_used_size ??
  0;

const WARM_UP = WHOLE_PROOFS ? 1000 : 700;
const REQUESTS = WHOLE_PROOFS ? 1000 : 600;

/** Sends the same request over one connection, one after the other; leaves next to nothing behind itself. */
async function ask(text: string, times: number): Promise<void> {
  const { hostname, port } = new URL(server.url);
  const token = await server.token(1);
  const body = JSON.stringify({ query: text });
  const request = `POST /graphql HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const end = /[}\]]\}$/;
  for (let i = 0; i < times; i++) {
    let answer = '';
    socket.write(request);
    while (!end.test(answer)) answer += (await once(socket, 'data'))[0];
    if (!answer.startsWith('HTTP/1.1 200 ') || answer.includes('"errors"')) throw new Error(answer);
    // Most of what is young is younger than one answer.
    if (i % 20 === 0) collect({ type: 'minor' });
  }
  socket.destroy();
}

test.each([
  ['a page', '{ tasks(first: 50) { nodes { id title completed createdAt updatedAt } } }'],
  ['a write', 'mutation { createTask(input: { task: { title: "one more" } }) { task { id } } }'],
  ['what grafast carries out', '{ __schema { queryType { name } } }'],
])('%s leaves next to nothing among the old objects', async (_, text) => {
  await ask(text, WARM_UP);
  collect({ type: 'major' });
  const before = old();
  await ask(text, REQUESTS);
  collect({ type: 'minor' });
  // 1 to 2 kB. One function of each request's own among the old objects made it 8 to 13.
  expect((old() - before) / REQUESTS).toBeLessThan(3000);
});
