/** The second run of an operation by grafast gets the recorded replies, and sends nothing twice. */
import type { PgClientQuery, WithPgClient } from 'postgraphile/@dataplan/pg';
import { describe, expect, test } from 'vitest';
import { Conversation } from '../../../src/graphql/compiled/conversation.ts';

const SETTINGS = { role: 'todo_user' };

function database(answer: (text: string) => unknown) {
  const asked: string[] = [];
  const withPgClient = (async (_settings: unknown, use: (client: unknown) => unknown) =>
    use({
      async query({ text }: PgClientQuery) {
        asked.push(text);
        return { rows: [await answer(text)] };
      },
    })) as unknown as WithPgClient;
  return { asked, withPgClient };
}

const ask = (withPgClient: WithPgClient, text: string, values: unknown[] = []) =>
  withPgClient(SETTINGS, (client) => client.query({ text, values }));

test('a recorded statement gets its reply and is not sent again', async () => {
  const { asked, withPgClient } = database((text) => `answer to ${text}`);
  const conversation = new Conversation(withPgClient, { writes: false });
  await Promise.all([ask(conversation.record, 'a'), ask(conversation.record, 'b')]);
  const replay = await conversation.replay();
  expect(await ask(replay, 'b')).toEqual({ rows: ['answer to b'] });
  expect(await ask(replay, 'a')).toEqual({ rows: ['answer to a'] });
  expect(asked).toEqual(['a', 'b']);
});

test('two equal writes get their two replies in order; a third one is sent', async () => {
  let n = 0;
  const { asked, withPgClient } = database(() => ++n);
  const conversation = new Conversation(withPgClient, { writes: true });
  await ask(conversation.record, 'insert', ['x']);
  await ask(conversation.record, 'insert', ['x']);
  const replay = await conversation.replay();
  for (const row of [1, 2, 3]) {
    expect(await ask(replay, 'insert', ['x'])).toEqual({ rows: [row] });
  }
  expect(asked).toHaveLength(3);
});

test('a recorded failure fails again', async () => {
  const { asked, withPgClient } = database(() => Promise.reject(new Error('no')));
  const conversation = new Conversation(withPgClient, { writes: true });
  await expect(ask(conversation.record, 'insert')).rejects.toThrow('no');
  const replay = await conversation.replay();
  await expect(ask(replay, 'insert')).rejects.toThrow('no');
  expect(asked).toHaveLength(1);
});

test('a failed connection fails again, for any statement', async () => {
  const conversation = new Conversation(() => Promise.reject(new Error('full')), { writes: true });
  await expect(ask(conversation.record, 'insert')).rejects.toThrow('full');
  const replay = await conversation.replay();
  await expect(ask(replay, 'insert')).rejects.toThrow('full');
});

test('a reply that is still due is waited for', async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const { asked, withPgClient } = database(() => promise);
  const conversation = new Conversation(withPgClient, { writes: false });
  void ask(conversation.record, 'slow');
  const replay = conversation.replay();
  resolve('late');
  expect(await ask(await replay, 'slow')).toEqual({ rows: ['late'] });
  expect(asked).toHaveLength(1);
});

describe('a statement without a record', () => {
  test('of a query is sent', async () => {
    const { asked, withPgClient } = database(() => 1);
    const conversation = new Conversation(withPgClient, { writes: false });
    await ask(conversation.record, 'a', [1]);
    const replay = await conversation.replay();
    await ask(replay, 'a', [2]);
    expect(asked).toHaveLength(2);
  });

  test('of a mutation is refused: it may be the same write in another text', async () => {
    const { asked, withPgClient } = database(() => 1);
    const conversation = new Conversation(withPgClient, { writes: true });
    await ask(conversation.record, 'insert', [1]);
    const replay = await conversation.replay();
    await expect(ask(replay, 'insert', [2])).rejects.toThrow('a statement that the first did not');
    expect(asked).toHaveLength(1);
  });
});

test('a statement that waited for a connection gives its answer to no other', async () => {
  const { promise: free, resolve: release } = Promise.withResolvers<void>();
  const { asked, withPgClient } = database((text) => `answer to ${text}`);
  const busy = (async (settings, use) => {
    await free;
    return withPgClient(settings, use);
  }) as WithPgClient;
  const conversation = new Conversation(busy, { writes: false });
  void ask(conversation.record, 'late');
  const replay = conversation.replay();
  // Later: a replay that does not wait finds a call that has no statement yet.
  setImmediate(release);
  expect(await ask(await replay, 'other')).toEqual({ rows: ['answer to other'] });
  expect(await ask(await replay, 'late')).toEqual({ rows: ['answer to late'] });
  expect(asked).toEqual(['late', 'other']);
});

test('a query may read a recorded reply several times', async () => {
  const { asked, withPgClient } = database(() => 1);
  const conversation = new Conversation(withPgClient, { writes: false });
  await ask(conversation.record, 'a');
  const replay = await conversation.replay();
  for (let i = 0; i < 3; i++) await ask(replay, 'a');
  expect(asked).toHaveLength(1);
});

test('a step that still runs after a failure sends nothing', async () => {
  const { asked, withPgClient } = database(() => 1);
  const conversation = new Conversation(withPgClient, { writes: true });
  await conversation.replay();
  await expect(ask(conversation.record, 'insert')).rejects.toThrow('given up');
  expect(asked).toEqual([]);
});

test('a failed read after a write is not taken for the write', async () => {
  const { asked, withPgClient } = database(() => 1);
  let free = 1;
  const oneConnection = ((settings, use) =>
    free-- > 0 ? withPgClient(settings, use) : Promise.reject(new Error('full'))) as WithPgClient;
  const conversation = new Conversation(oneConnection, { writes: true });
  await ask(conversation.record, 'insert', [1]);
  await expect(ask(conversation.record, 'select')).rejects.toThrow('full');
  const replay = await conversation.replay();
  await expect(ask(replay, 'insert', [2])).rejects.toThrow('a statement that the first did not');
  expect(asked).toHaveLength(1);
});
