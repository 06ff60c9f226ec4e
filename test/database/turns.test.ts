/** Statements of one person take turns, in order; nobody else waits, and whoever hangs up leaves the line. */
import { expect, test } from 'vitest';
import { Caller, CallerGoneError } from '../../src/database/request.ts';
import { Turns } from '../../src/database/turns.ts';
import { QueueFullError } from '../../src/database/unavailable.ts';

/** Work that ends when told to. */
function job() {
  const { promise, resolve } = Promise.withResolvers<void>();
  const state = {
    started: false,
    end: resolve,
    work: () => {
      state.started = true;
      return promise;
    },
  };
  return state;
}

const moment = () => new Promise((resolve) => setImmediate(resolve));

test('the limit holds for each person, and the line moves in order', async () => {
  const turns = new Turns({ limit: 1, queue: 10, waitMs: 60_000 });
  const [a, b, c, other] = [job(), job(), job(), job()];
  const all = [turns.take('1', a.work), turns.take('1', b.work), turns.take('1', c.work)];
  all.push(turns.take('2', other.work));
  await moment();
  expect([a, b, c, other].map(({ started }) => started)).toEqual([true, false, false, true]);
  a.end();
  await moment();
  expect([b.started, c.started]).toEqual([true, false]);
  for (const { end } of [b, c, other]) end();
  await Promise.all(all);
  expect(turns.size).toBe(0);
});

test('a client that hangs up leaves the line, and its work never starts', async () => {
  const turns = new Turns({ limit: 1, queue: 10, waitMs: 60_000 });
  const [a, b, c] = [job(), job(), job()];
  const caller = new Caller();
  const first = turns.take('1', a.work);
  const gone = turns.take('1', b.work, caller);
  const last = turns.take('1', c.work);
  caller.hangUp();
  await expect(gone).rejects.toBeInstanceOf(CallerGoneError);
  a.end();
  await moment();
  expect([b.started, c.started]).toEqual([false, true]);
  c.end();
  await Promise.all([first, last]);
  expect(turns.size).toBe(0);
});

test('the line is bounded in length and in time, and a failure gives its place away', async () => {
  const turns = new Turns({ limit: 1, queue: 1, waitMs: 20 });
  const a = job();
  const first = turns.take('1', a.work);
  const late = turns.take('1', job().work);
  await expect(turns.take('1', job().work)).rejects.toBeInstanceOf(QueueFullError);
  await expect(late).rejects.toBeInstanceOf(QueueFullError);
  a.end();
  await first;
  await expect(turns.take('1', () => Promise.reject(new Error('x')))).rejects.toThrow('x');
  expect(turns.size).toBe(0);
});
