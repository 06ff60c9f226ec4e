/**
 * A plan's step → a function that reads what it depends on from the frame and puts its value there.
 * Carried out once each time it is called: by itself, or for one row of a list. It must never put a value
 * there that is an error, late or in parts: whoever reads the frame does not ask.
 */
import { PgSelectStep } from 'postgraphile/@dataplan/pg';
import { EXTRA, executeOnce, Fallback, type Frame, type Inputs } from './frame.ts';
import { isFlaggedValue, type PlanStep } from './internals.ts';
import {
  expectKnown,
  isLambda,
  NotCompilable,
  saysTheSame,
  sendsStatement,
} from './known-steps.ts';
import { compileSelect, type OperationFacts } from './select.ts';

/** Returns a promise only if the value is not there yet. */
export type Task = (frame: Frame, inputs: Inputs) => Promise<void> | undefined;

/** A step that has its value at once. */
export function compileSync(step: PlanStep): (frame: Frame) => void {
  expectKnown(step);
  const { id } = step;
  const ids = step.dependencies.map((dependency) => dependency.id);
  const [only = -1] = ids;
  if (isLambda(step)) {
    return (frame) => {
      const value = step.unbatchedExecute(EXTRA, ...ids.map((dependency) => frame[dependency]));
      expectValue(value);
      frame[id] = value;
    };
  }
  // Nearly every column of every row.
  if (ids.length === 1) {
    return (frame) => {
      frame[id] = step.unbatchedExecute(EXTRA, frame[only]);
    };
  }
  return (frame) => {
    frame[id] = step.unbatchedExecute(EXTRA, ...ids.map((dependency) => frame[dependency]));
  };
}

/** The same for a step of the kind that may take its time, of which some never do. */
export function compileAtOnce(step: PlanStep): (frame: Frame) => void {
  expectKnown(step);
  if (sendsStatement(step)) throw new NotCompilable('a row that waits for a statement');
  const execute = executeOnce(step);
  const { id } = step;
  return (frame) => {
    const [value] = execute(frame) as readonly unknown[];
    expectValue(value);
    if (isPromise(value)) throw new Fallback('a value that is late');
    frame[id] = value;
  };
}

/** A step that may take its time, or fail. */
export function compileNormal(step: PlanStep, facts: OperationFacts): Task {
  expectKnown(step);
  if (facts.writes && isLambda(step) && !saysTheSame(step)) {
    throw new NotCompilable('a write whose value may be another the second time');
  }
  if (!step._isUnary) throw new NotCompilable('a step that is carried out for many rows at once');
  const { id } = step;
  const select: unknown = step;
  const execute: (frame: Frame, inputs: Inputs) => ReturnType<ReturnType<typeof executeOnce>> =
    (select instanceof PgSelectStep && compileSelect(select, facts)) || executeOnce(step);
  const put = (frame: Frame, value: unknown): Promise<void> | undefined => {
    if (isPromise(value)) return value.then((v) => void put(frame, v));
    expectValue(value);
    frame[id] = value;
    return undefined;
  };
  return (frame, inputs) => {
    const results = execute(frame, inputs);
    if (isPromise<readonly unknown[]>(results)) return results.then(([value]) => put(frame, value));
    return put(frame, results[0]);
  };
}

function expectValue(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (isFlaggedValue(value)) throw new Fallback('a value that is an error');
  if (Array.isArray(value) ? value.some(isPromise) : Symbol.asyncIterator in value) {
    throw new Fallback('a value that comes in parts');
  }
}

const isPromise = <T>(value: unknown): value is Promise<T> =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as { then?: unknown }).then === 'function';
