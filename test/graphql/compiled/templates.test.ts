/** Which templates are remembered, for how long, and when a step is excluded. */
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

// Every test has its own clock.
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

/** A step that writes the statement `next`, at the time `at`. */
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

test('the first two requests of a key write the statement, the third gets the template', async () => {
  const { ask, clock } = step(() => statement('select 1'));
  expect([await ask(), await ask(), await ask(), await ask()]).toEqual([
    undefined,
    undefined,
    'select 1',
    'select 1',
  ]);
  expect(clock.written).toBe(1);
});

test('each key has its own template', async () => {
  let text = 0;
  const { ask } = step(() => statement(`select ${++text}`));
  for (const key of ['a', 'b', 'a', 'b']) await ask(key);
  expect([await ask('a'), await ask('b')]).toEqual(['select 1', 'select 2']);
});

test('after a second the statement is written again', async () => {
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
])('a step that writes %s the second time is not remembered any more', async (_, next) => {
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

test('a statement that cannot be written is not remembered and raises no error', async () => {
  const { ask } = step(() => {
    throw new Error('a bad cursor');
  });
  for (let i = 0; i < 5; i++) expect(await ask()).toBeUndefined();
});

test('a failed check keeps the statement to compare with', async () => {
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

test('a template unused for a minute is dropped when the next one is added', async () => {
  const { ask, clock } = step(() => statement('select 1'));
  for (let i = 0; i < 3; i++) await ask('old');
  clock.ms = UNUSED_MS;
  await ask('new');
  expect(await ask('old')).toBeUndefined();
  expect(await ask('old')).toBeUndefined();
  expect(clock.written).toBe(2);
});

test('a reload drops all templates', async () => {
  const { ask } = step(() => statement('select 1'));
  for (let i = 0; i < 3; i++) await ask();
  forgetTemplates();
  for (let i = 0; i < 4; i++) expect(await ask()).toBeUndefined();
});

test('memory is bounded for any number and length of keys and statements', async () => {
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

test('the bound counts bytes: as many long statements as short ones do not fit', async () => {
  const kept = async (length: number): Promise<boolean> => {
    forgetTemplates();
    const { ask } = step(() => statement(`select '${'x'.repeat(length)}'`));
    for (let i = 0; i < 3; i++) await ask('first');
    expect(await ask('first')).toBeDefined();
    for (let i = 0; i < 900; i++) for (const _ of [1, 2]) await ask(`key ${i}`);
    return (await ask('first')) !== undefined;
  };
  // 16 MiB hold 8,000 entries of 2 kB, or 760 with 10,000 characters. There are at most 1,000 entries.
  expect(await kept(10)).toBe(true);
  expect(await kept(9900)).toBe(false);
});

test('parameters take the values of the request', () => {
  const open = statement('select $1, $2', [new Parameter(1), 'fixed']);
  expect(valuesOf(open, [0, 'a'])).toEqual(['a', 'fixed']);
  expect(valuesOf(open, [0, 'b'])).toEqual(['b', 'fixed']);
});
