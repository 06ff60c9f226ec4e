/** Which variables are part of a key, and which values have no key. */
import { expect, test } from 'vitest';
import type { PlanStep } from '../../../src/graphql/compiled/internals.ts';
import { keyOf } from '../../../src/graphql/compiled/variables.ts';

class AccessStep {
  static readonly $$export = { moduleName: 'grafast', exportName: 'AccessStep' };
  readonly dependencies: readonly PlanStep[];
  readonly path: readonly unknown[];
  constructor(on: PlanStep, ...path: unknown[]) {
    this.dependencies = [on];
    this.path = path;
  }
}

const variables = { dependencies: [] } as unknown as PlanStep;
const other = { dependencies: [] } as unknown as PlanStep;
const access = (on: PlanStep, ...path: unknown[]) =>
  new AccessStep(on, ...path) as unknown as PlanStep;

test('a key has the variables that are read, and no others', () => {
  const key = keyOf([access(variables, 'a', 'x'), access(variables, 'b')], variables);
  expect(key?.({ a: 1, b: 2, c: 3 })).toBe('[[1],[2]]');
  expect(key?.({ a: 1, b: 2, c: 4 })).toBe('[[1],[2]]');
});

test('an absent variable differs from null and every other value', () => {
  const key = keyOf([access(variables, 'a')], variables);
  expect(new Set([key?.({}), key?.({ a: null }), key?.({ a: [] }), key?.({ a: '' })]).size).toBe(4);
});

test('an inherited property is not a variable', () => {
  const key = keyOf([access(variables, 'toString')], variables);
  expect(key?.({})).toBe('[[]]');
});

test('a number that JSON writes as null has no key', () => {
  const key = keyOf([access(variables, 'a')], variables);
  expect(key?.({ a: JSON.parse('1e400') })).toBeUndefined();
  expect(key?.({ a: { b: [null, JSON.parse('-1e400')] } })).toBeUndefined();
  expect(key?.({ a: 'null' })).toBe('[["null"]]');
  expect(key?.({ a: { b: null } })).toBe('[[{"b":null}]]');
});

test('a key has all variables if they are read as a whole', () => {
  const key = keyOf([access(variables)], variables);
  expect(key?.({ a: 1 })).toBe('{"a":1}');
});

test('there is no key if something else is read, or by an unknown step', () => {
  expect(keyOf([access(other, 'a')], variables)).toBeUndefined();
  expect(keyOf([access(access(other, 'a'), 'b')], variables)).toBeUndefined();
  expect(keyOf([], variables)?.({ a: 1 })).toBe('');
});
