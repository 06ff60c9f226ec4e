/** What is remembered of a step's statements, for how long, and when the step is not believed any more. */
import { beforeEach, expect, test } from 'vitest';
import {
  forgetTemplates,
  Parameter,
  type StatementTemplate,
  TemplateCache,
  UNUSED_MS,
  VERIFIED_MS,
  valuesOf,
} from '../../../src/graphql/compiled/templates.ts';

// Every test has a clock of its own.
beforeEach(forgetTemplates);

const settled = () => new Promise((resolve) => setImmediate(resolve));

const statement = (text: string, values: unknown[] = []): StatementTemplate => ({
  text,
  name: undefined,
  values,
  meta: {},
  cursorDetails: undefined,
  groupDetails: undefined,
});

/** A step that writes what `next` says, at the time that `at` says. */
function step(next: () => StatementTemplate | undefined) {
  const clock = { ms: 0, written: 0 };
  const statements = new TemplateCache(
    async () => {
      clock.written++;
      return next();
    },
    () => clock.ms,
  );
  const ask = async (key = 'key') => {
    const found = statements.get(key, [])?.text;
    await settled();
    return found;
  };
  return { clock, ask };
}

test('the first request of a key writes for itself, the second too, the third is given it', async () => {
  const { ask, clock } = step(() => statement('select 1'));
  expect([await ask(), await ask(), await ask(), await ask()]).toEqual([
    undefined,
    undefined,
    'select 1',
    'select 1',
  ]);
  expect(clock.written).toBe(1);
});

test('each key has its own', async () => {
  let text = 0;
  const { ask } = step(() => statement(`select ${++text}`));
  for (const key of ['a', 'b', 'a', 'b']) await ask(key);
  expect([await ask('a'), await ask('b')]).toEqual(['select 1', 'select 2']);
});

test('after a second it is written again', async () => {
  const { ask, clock } = step(() => statement('select 1', [1, [2], null, new Parameter(0)]));
  for (let i = 0; i < 3; i++) await ask();
  clock.ms = VERIFIED_MS;
  expect(await ask()).toBeUndefined();
  expect(await ask()).toBe('select 1');
  expect(clock.written).toBe(2);
});

test.each([
  ['another text', () => statement(`select ${Math.random()}`)],
  ['another value', () => statement('select 1', [Math.random()])],
  ['another moment', () => statement('select 1', [new Date(Math.random() * 1e12)])],
  [
    'an open value where none was',
    (n: number) => statement('select 1', [n % 2 ? 1 : new Parameter(1)]),
  ],
])('a step that writes %s the second time is never believed again', async (_, next) => {
  let n = 0;
  const { ask, clock } = step(() => next(n++));
  for (let i = 0; i < 3; i++) await ask();
  clock.ms = VERIFIED_MS;
  await ask();
  for (let i = 0; i < 4; i++) expect(await ask()).toBeUndefined();
  clock.ms = 10 * VERIFIED_MS;
  for (let i = 0; i < 4; i++) expect(await ask('another key')).toBeUndefined();
  expect(clock.written).toBe(2);
});

test('what can not be written is not remembered, and no accident', async () => {
  const { ask } = step(() => {
    throw new Error('a bad cursor');
  });
  for (let i = 0; i < 5; i++) expect(await ask()).toBeUndefined();
});

test('a renewal that fails does not make it forget what to compare with', async () => {
  const texts: (() => StatementTemplate)[] = [
    () => statement('one'),
    () => {
      throw new Error('once');
    },
    () => statement('other'),
  ];
  const { ask, clock } = step(() => texts.shift()?.());
  for (let period = 0; period < 4; period++) {
    clock.ms = period * VERIFIED_MS;
    for (let i = 0; i < 3; i++) expect(await ask()).not.toBe('other');
  }
  expect(clock.written).toBe(3);
});

test('what nobody has asked for a minute is gone with the next new one', async () => {
  const { ask, clock } = step(() => statement('select 1'));
  for (let i = 0; i < 3; i++) await ask('old');
  clock.ms = UNUSED_MS;
  await ask('new');
  expect(await ask('old')).toBeUndefined();
  expect(await ask('old')).toBeUndefined();
  expect(clock.written).toBe(2);
});

test('after a reload nothing is remembered of the plans before it', async () => {
  const { ask } = step(() => statement('select 1'));
  for (let i = 0; i < 3; i++) await ask();
  forgetTemplates();
  for (let i = 0; i < 4; i++) expect(await ask()).toBeUndefined();
});

test('keys and statements of any length and number take a bounded memory', async () => {
  const { ask } = step(() => statement('select 1'));
  const long = 'x'.repeat(10_000);
  for (let i = 0; i < 3; i++) expect(await ask(long)).toBeUndefined();
  for (let i = 0; i < 3; i++) await ask('mine');
  expect(await ask('mine')).toBe('select 1');
  const others = step(() => statement('select 2'));
  for (let i = 0; i < 1000; i++) await others.ask(`key ${i}`);
  expect(await ask('mine')).toBeUndefined();
  const verbose = step(() => statement(`select '${long}'`));
  for (let i = 0; i < 4; i++) expect(await verbose.ask()).toBeUndefined();
  verbose.clock.ms = 10 * VERIFIED_MS;
  await verbose.ask();
  expect(verbose.clock.written).toBe(1);
});

test('parameters have the values of the request', () => {
  const open = statement('select $1, $2', [new Parameter(1), 'fixed']);
  expect(valuesOf(open, [0, 'a'])).toEqual(['a', 'fixed']);
  expect(valuesOf(open, [0, 'b'])).toEqual(['b', 'fixed']);
});
