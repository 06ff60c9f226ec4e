/** Told to stop: what is in flight ends, nothing new is taken, and the exit code says that all is well. */
import { randomInt } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { useTestDatabase } from '../support/database.ts';
import { running, titles, whileLocked } from '../support/faults.ts';
import { addTask, addUser } from '../support/people.ts';
import { type Production, startProduction } from '../support/production.ts';
import { UNLESS_BUSY } from '../support/retry.ts';

const database = useTestDatabase();

async function person() {
  const id = await addUser(database.privileged, randomInt(100_000, 2_000_000_000));
  const task = await addTask(database.privileged, id, 'before');
  const query = `mutation { updateTask(input: {id: ${task}, patch: {title: "after"}}) { task { title } } }`;
  return { id, query };
}

const post = (server: Production, token: string, query: string) =>
  fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query }),
  });

/** A connection that has had an answer and is kept for the next request. */
async function idleSocket(server: Production): Promise<{ socket: Socket; closed: Promise<void> }> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  onTestFinished(() => {
    socket.destroy();
  });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n');
  await new Promise((resolve) => socket.once('data', resolve));
  return { socket, closed };
}

test(
  'on SIGTERM what is in flight is answered, idle sockets are closed, and nothing new is taken',
  UNLESS_BUSY,
  async () => {
    const server = await startProduction(database);
    const { id, query } = await person();
    const { closed } = await idleSocket(server);
    const token = await server.token(id);
    const answer = await whileLocked(database, id, async () => {
      const asked = post(server, token, query);
      await expect.poll(() => running(database)).toBe(1);
      server.child.kill('SIGTERM');
      await closed;
      await expect(post(server, token, '{ me { id } }')).rejects.toThrow();
      // Not awaited here: it is answered once the lock is gone.
      return () => asked;
    });
    expect(await (await answer()).json()).toEqual({
      data: { updateTask: { task: { title: 'after' } } },
    });
    expect(await server.exit).toBe(0);
  },
);

test('a socket that never sent anything does not hold up the stop', {
  timeout: 60_000,
}, async () => {
  // Longer than this test may take: waiting for the grace would fail it.
  const server = await startProduction(database, { SHUTDOWN_GRACE_MS: '600000' });
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  onTestFinished(() => {
    socket.destroy();
  });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  // The server accepts connections in order: once this one is answered it knows the silent one.
  await fetch(`${server.url}/livez`);
  server.child.kill('SIGTERM');
  expect(await server.exit).toBe(0);
  await closed;
});

test(
  'what is not done within the grace is cancelled, and the exit code is 0 all the same',
  UNLESS_BUSY,
  async () => {
    const server = await startProduction(database, { SHUTDOWN_GRACE_MS: '300' });
    const { id, query } = await person();
    const token = await server.token(id);
    await whileLocked(database, id, async () => {
      const asked = post(server, token, query).catch((error: Error) => error);
      await expect.poll(() => running(database)).toBe(1);
      server.child.kill('SIGTERM');
      expect(await asked).toBeInstanceOf(Error);
      expect(await server.exit).toBe(0);
      expect(await running(database)).toBe(0);
    });
    expect(await titles(database, id)).toEqual(['before']);
  },
);

test('a second signal that is meant leaves at once', UNLESS_BUSY, async () => {
  const server = await startProduction(database, { SHUTDOWN_GRACE_MS: '60000' });
  const { id, query } = await person();
  const token = await server.token(id);
  await whileLocked(database, id, async () => {
    const asked = post(server, token, query).catch((error: Error) => error);
    await expect.poll(() => running(database)).toBe(1);
    server.child.kill('SIGTERM');
    // The one that npm hands on counts as the first.
    server.child.kill('SIGTERM');
    await server.until(/Stopping/);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(server.child.exitCode).toBe(null);
    server.child.kill('SIGTERM');
    expect(await server.exit).toBe(143);
    expect(await asked).toBeInstanceOf(Error);
  });
});
